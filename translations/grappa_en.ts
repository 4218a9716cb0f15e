<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>CollectionDelegate</name>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln unreadable</numerusform>
            <numerusform>%Ln unreadable</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln offline</source>
        <translation>
            <numerusform>%Ln offline</numerusform>
            <numerusform>%Ln offline</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message numerus="yes">
        <source>%n video(s) left alone</source>
        <translation>
            <numerusform>%n video left alone</numerusform>
            <numerusform>%n videos left alone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n other file(s) left alone</source>
        <translation>
            <numerusform>%n other file left alone</numerusform>
            <numerusform>%n other files left alone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more waiting</source>
        <translation>
            <numerusform>%n more waiting</numerusform>
            <numerusform>%n more waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1: %Ln image(s) imported</source>
        <translation>
            <numerusform>%1: %Ln image imported</numerusform>
            <numerusform>%1: %Ln images imported</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read</source>
        <translation>
            <numerusform>%Ln could not be read</numerusform>
            <numerusform>%Ln could not be read</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LearningText</name>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln thread(s)</source>
        <translation>
            <numerusform>%Ln thread</numerusform>
            <numerusform>%Ln threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PlaceText</name>
    <message numerus="yes">
        <source>%Ln result(s) before the gap</source>
        <translation>
            <numerusform>%Ln result before the gap</numerusform>
            <numerusform>%Ln results before the gap</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln image(s) pass the filter</source>
        <translation>
            <numerusform>%1 of %Ln image pass the filter</numerusform>
            <numerusform>%1 of %Ln images pass the filter</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) could not be read</source>
        <translation>
            <numerusform>%Ln file could not be read</numerusform>
            <numerusform>%Ln files could not be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Group of %Ln image(s)</source>
        <translation>
            <numerusform>Group of %Ln image</numerusform>
            <numerusform>Group of %Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one of %Ln group(s)</source>
        <translation>
            <numerusform>the only group</numerusform>
            <numerusform>one of %Ln groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln in the same group</source>
        <translation>
            <numerusform>%Ln in the same group</numerusform>
            <numerusform>%Ln in the same group</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::CollectionChanges</name>
    <message numerus="yes">
        <source>add %n folder(s) to %1</source>
        <translation>
            <numerusform>add %n folder to %1</numerusform>
            <numerusform>add %n folders to %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::CollectionListModel</name>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln unreadable</numerusform>
            <numerusform>%Ln unreadable</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln offline</source>
        <translation>
            <numerusform>%Ln offline</numerusform>
            <numerusform>%Ln offline</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::CurveChart</name>
    <message numerus="yes">
        <source>loss %1 after %Ln step(s)</source>
        <translation>
            <numerusform>loss %1 after %Ln step</numerusform>
            <numerusform>loss %1 after %Ln steps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::GroupListModel</name>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Group %1, %Ln image(s)</source>
        <translation>
            <numerusform>Group %1, %Ln image</numerusform>
            <numerusform>Group %1, %Ln images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::ImageActions</name>
    <message numerus="yes">
        <source>%Ln image(s) exported to %1.</source>
        <translation>
            <numerusform>%Ln image exported to %1.</numerusform>
            <numerusform>%Ln images exported to %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read or written.</source>
        <translation>
            <numerusform>%Ln could not be read or written.</numerusform>
            <numerusform>%Ln could not be read or written.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) copied.</source>
        <translation>
            <numerusform>%Ln image copied.</numerusform>
            <numerusform>%Ln images copied.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Export %Ln image(s)</source>
        <translation>
            <numerusform>Export %Ln image</numerusform>
            <numerusform>Export %Ln images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::LearnSheet</name>
    <message numerus="yes">
        <source>%1 (%Ln image(s))</source>
        <translation>
            <numerusform>%1 (%Ln image)</numerusform>
            <numerusform>%1 (%Ln images)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::LearningController</name>
    <message numerus="yes">
        <source>%Ln new image(s) in %1, %2 unlike what was learned: learn again?</source>
        <translation>
            <numerusform>%Ln new image in %1, %2 unlike what was learned: learn again?</numerusform>
            <numerusform>%Ln new images in %1, %2 unlike what was learned: learn again?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::LearningPage</name>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln new</source>
        <translation>
            <numerusform>%Ln new</numerusform>
            <numerusform>%Ln new</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::Levels</name>
    <message numerus="yes">
        <source>%Ln group(s) of about %1</source>
        <translation>
            <numerusform>%Ln group of about %1</numerusform>
            <numerusform>%Ln groups of about %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::MainWindow</name>
    <message numerus="yes">
        <source>%Ln selected</source>
        <translation>
            <numerusform>%Ln selected</numerusform>
            <numerusform>%Ln selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::Session</name>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::StopPreview</name>
    <message numerus="yes">
        <source>A group of %Ln image(s).</source>
        <translation>
            <numerusform>A group of %Ln image.</numerusform>
            <numerusform>A group of %Ln images.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::UnreadableDialog</name>
    <message numerus="yes">
        <source>%n file(s) of %1 could not be read</source>
        <translation>
            <numerusform>%n file of %1 could not be read</numerusform>
            <numerusform>%n files of %1 could not be read</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::WhyPanel</name>
    <message numerus="yes">
        <source>%Ln file(s) hold it</source>
        <translation>
            <numerusform>%Ln file holds it</numerusform>
            <numerusform>%Ln files hold it</numerusform>
        </translation>
    </message>
</context>
</TS>
