<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
    <context>
        <name>CollectionDelegate</name>
        <message numerus="yes">
            <source>%n unreadable</source>
            <translation>
                <numerusform>%n unreadable</numerusform>
                <numerusform>%n unreadable</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n offline</source>
            <translation>
                <numerusform>%n offline</numerusform>
                <numerusform>%n offline</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>JobBar</name>
        <message numerus="yes">
            <source>%n more waiting</source>
            <translation>
                <numerusform>%n more waiting</numerusform>
                <numerusform>%n more waiting</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>grappa::CollectionListModel</name>
        <message numerus="yes">
            <source>%1, %n image(s)</source>
            <translation>
                <numerusform>%1, %n image</numerusform>
                <numerusform>%1, %n images</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>grappa::MainWindow</name>
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
        <name>grappa::UnreadableDialog</name>
        <message numerus="yes">
            <source>%n file(s) of %1 could not be read</source>
            <translation>
                <numerusform>%n file of %1 could not be read</numerusform>
                <numerusform>%n files of %1 could not be read</numerusform>
            </translation>
        </message>
    </context>
</TS>
