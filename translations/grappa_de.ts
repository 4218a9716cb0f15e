<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AdaptationDelegate</name>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
</context>
<context>
    <name>AttentionText</name>
    <message>
        <source>k = %1</source>
        <translation>k = %1</translation>
    </message>
    <message>
        <source>%1: %2 %</source>
        <translation>%1: %2 %</translation>
    </message>
    <message>
        <source>Mostly %1 (%2 %): it is told by its broad kind.</source>
        <translation>Meist %1 (%2 %): Es wird an seiner groben Art erkannt.</translation>
    </message>
    <message>
        <source>Mostly %1 (%2 %): it is told by its kind, neither very broad nor very fine.</source>
        <translation>Meist %1 (%2 %): Es wird an seiner Art erkannt, weder sehr grob noch sehr fein.</translation>
    </message>
    <message>
        <source>Mostly %1 (%2 %): it is told by fine differences within its kind.</source>
        <translation>Meist %1 (%2 %): Es wird an feinen Unterschieden innerhalb seiner Art erkannt.</translation>
    </message>
    <message>
        <source>No granularity stands out: coarse and fine ones count alike.</source>
        <translation>Keine Granularität sticht heraus: Grobe und feine zählen gleich.</translation>
    </message>
</context>
<context>
    <name>CollectionDelegate</name>
    <message>
        <source>importing…</source>
        <translation>wird importiert…</translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln unlesbar</numerusform>
            <numerusform>%Ln unlesbar</numerusform>
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
    <name>Divider</name>
    <message>
        <source>other groups</source>
        <translation>andere Gruppen</translation>
    </message>
    <message>
        <source>less alike</source>
        <translation>weniger ähnlich</translation>
    </message>
    <message>
        <source>not much in common</source>
        <translation>wenig gemeinsam</translation>
    </message>
</context>
<context>
    <name>ErrorText</name>
    <message>
        <source>This cannot be done that way. The details say what to change.</source>
        <translation>So geht es nicht. Die Einzelheiten sagen, was zu ändern ist.</translation>
    </message>
    <message>
        <source>It is no longer there. Check the name, or that its disk is plugged in.</source>
        <translation>Das gibt es nicht mehr. Prüfen Sie den Namen und ob das Laufwerk angeschlossen ist.</translation>
    </message>
    <message>
        <source>The file could not be read. Check that it is still there and that you may read it.</source>
        <translation>Die Datei konnte nicht gelesen werden. Prüfen Sie, ob es sie noch gibt und ob Sie sie lesen dürfen.</translation>
    </message>
    <message>
        <source>The file changed while it was read. Try again when it is no longer being written.</source>
        <translation>Die Datei hat sich beim Lesen verändert. Versuchen Sie es erneut, wenn sie fertig geschrieben ist.</translation>
    </message>
    <message>
        <source>The file is too large. Save a smaller copy and use that.</source>
        <translation>Die Datei ist zu groß. Speichern Sie eine kleinere Kopie und nehmen Sie diese.</translation>
    </message>
    <message>
        <source>This is not an image that can be read. Use JPEG, PNG, WebP, TIFF, BMP or GIF.</source>
        <translation>Das ist kein lesbares Bild. Möglich sind JPEG, PNG, WebP, TIFF, BMP und GIF.</translation>
    </message>
    <message>
        <source>The image has too many pixels. Save a smaller copy and use that.</source>
        <translation>Das Bild hat zu viele Pixel. Speichern Sie eine kleinere Kopie und nehmen Sie diese.</translation>
    </message>
    <message>
        <source>The image is damaged. Try to open it in another program and save it anew.</source>
        <translation>Das Bild ist beschädigt. Versuchen Sie, es in einem anderen Programm zu öffnen und neu zu speichern.</translation>
    </message>
    <message>
        <source>The image could not be decoded safely and was left out. Save it anew in another program.</source>
        <translation>Das Bild ließ sich nicht sicher dekodieren und wurde ausgelassen. Speichern Sie es in einem anderen Programm neu.</translation>
    </message>
    <message>
        <source>Decoding the image took too long. Save a smaller copy and use that.</source>
        <translation>Das Dekodieren des Bildes dauerte zu lange. Speichern Sie eine kleinere Kopie und nehmen Sie diese.</translation>
    </message>
    <message>
        <source>The disk is full. Free some space, then resume: what is done is kept.</source>
        <translation>Das Laufwerk ist voll. Schaffen Sie Platz und setzen Sie dann fort: Was erledigt ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The library could not be written or read. Check the disk, then try again.</source>
        <translation>Die Bibliothek konnte nicht geschrieben oder gelesen werden. Prüfen Sie das Laufwerk und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>The catalogue could not be used. Close other programs that use this library, then try again.</source>
        <translation>Der Katalog ließ sich nicht benutzen. Schließen Sie andere Programme, die diese Bibliothek verwenden, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>This library was made by a newer Grappa and was left as it is. Update Grappa to open it.</source>
        <translation>Diese Bibliothek stammt von einem neueren Grappa und wurde nicht angerührt. Aktualisieren Sie Grappa, um sie zu öffnen.</translation>
    </message>
    <message>
        <source>Another Grappa is doing this for the same library. Wait until it is done, then try again.</source>
        <translation>Ein anderes Grappa tut das gerade für dieselbe Bibliothek. Warten Sie, bis es fertig ist, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>A stored file is damaged. Scan the collection again to make it anew.</source>
        <translation>Eine gespeicherte Datei ist beschädigt. Lesen Sie die Sammlung erneut ein, um sie neu zu erzeugen.</translation>
    </message>
    <message>
        <source>The model&apos;s file is damaged or of another kind. Run the set-up again to get it anew.</source>
        <translation>Die Modelldatei ist beschädigt oder von anderer Art. Führen Sie die Einrichtung erneut aus, um sie neu zu holen.</translation>
    </message>
    <message>
        <source>This model file could carry code and was refused. Convert it to safetensors first.</source>
        <translation>Diese Modelldatei könnte Programmcode enthalten und wurde abgelehnt. Wandeln Sie sie zuerst in safetensors um.</translation>
    </message>
    <message>
        <source>The model is not on this computer. Run the set-up again to get it.</source>
        <translation>Das Modell ist nicht auf diesem Computer. Führen Sie die Einrichtung erneut aus, um es zu holen.</translation>
    </message>
    <message>
        <source>The device that was asked for is not there. Choose another one, or automatic.</source>
        <translation>Das verlangte Gerät ist nicht vorhanden. Wählen Sie ein anderes oder die Automatik.</translation>
    </message>
    <message>
        <source>Stopped. What is done is kept; resume goes on from there.</source>
        <translation>Angehalten. Was erledigt ist, bleibt erhalten; „Fortsetzen“ macht dort weiter.</translation>
    </message>
    <message>
        <source>Something went wrong inside Grappa. Try again; the details help to report it.</source>
        <translation>In Grappa ging etwas schief. Versuchen Sie es erneut; die Einzelheiten helfen, es zu melden.</translation>
    </message>
    <message>
        <source>could not be opened</source>
        <translation>ließ sich nicht öffnen</translation>
    </message>
    <message>
        <source>changed while it was read</source>
        <translation>beim Lesen verändert</translation>
    </message>
    <message>
        <source>file too large</source>
        <translation>Datei zu groß</translation>
    </message>
    <message>
        <source>not a known image format</source>
        <translation>kein bekanntes Bildformat</translation>
    </message>
    <message>
        <source>too many pixels</source>
        <translation>zu viele Pixel</translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>could not be decoded safely</source>
        <translation>nicht sicher dekodierbar</translation>
    </message>
    <message>
        <source>decoding took too long</source>
        <translation>Dekodieren dauerte zu lange</translation>
    </message>
    <message>
        <source>no longer there</source>
        <translation>nicht mehr vorhanden</translation>
    </message>
    <message>
        <source>could not be read</source>
        <translation>nicht lesbar</translation>
    </message>
</context>
<context>
    <name>Formatting</name>
    <message>
        <source>almost the same</source>
        <translation>fast gleich</translation>
    </message>
    <message>
        <source>very close</source>
        <translation>sehr nah</translation>
    </message>
    <message>
        <source>close</source>
        <translation>nah</translation>
    </message>
    <message>
        <source>some likeness</source>
        <translation>etwas ähnlich</translation>
    </message>
    <message>
        <source>alike</source>
        <translation>ähnlich</translation>
    </message>
    <message>
        <source>not much in common</source>
        <translation>wenig gemeinsam</translation>
    </message>
    <message>
        <source>%1 img/s</source>
        <translation>%1 Bilder/s</translation>
    </message>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>%1 min left</source>
        <translation>noch %1 min</translation>
    </message>
    <message>
        <source>%1 h left</source>
        <translation>noch %1 h</translation>
    </message>
    <message>
        <source>%1 h %2 min left</source>
        <translation>noch %1 h %2 min</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 h</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
</context>
<context>
    <name>ImageQuery</name>
    <message>
        <source>pasted image</source>
        <translation>eingefügtes Bild</translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message>
        <source>Starting to import %1…</source>
        <translation>Import von %1 beginnt…</translation>
    </message>
    <message>
        <source>Looking through %1  %2</source>
        <translation>%1 wird durchgesehen  %2</translation>
    </message>
    <message>
        <source>Indexing %1  %2</source>
        <translation>%1 wird indiziert  %2</translation>
    </message>
    <message>
        <source>Importing %1  %2</source>
        <translation>%1 wird importiert  %2</translation>
    </message>
    <message>
        <source>Import of %1 is stopped</source>
        <translation>Import von %1 ist angehalten</translation>
    </message>
    <message>
        <source>Import of %1 is stopped at %2 of %3</source>
        <translation>Import von %1 ist bei %2 von %3 angehalten</translation>
    </message>
    <message>
        <source>Stopping; what is done is kept…</source>
        <translation>Wird angehalten; was erledigt ist, bleibt erhalten…</translation>
    </message>
    <message numerus="yes">
        <source>%n video(s) left alone</source>
        <translation>
            <numerusform>%n Video übergangen</numerusform>
            <numerusform>%n Videos übergangen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n other file(s) left alone</source>
        <translation>
            <numerusform>%n andere Datei übergangen</numerusform>
            <numerusform>%n andere Dateien übergangen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more waiting</source>
        <translation>
            <numerusform>%n weiterer wartet</numerusform>
            <numerusform>%n weitere warten</numerusform>
        </translation>
    </message>
    <message>
        <source>Starting to describe all images anew…</source>
        <translation>Alle Bilder werden gleich neu beschrieben…</translation>
    </message>
    <message>
        <source>Describing all images anew  %1</source>
        <translation>Alle Bilder werden neu beschrieben  %1</translation>
    </message>
    <message>
        <source>searches go on as before</source>
        <translation>gesucht wird wie bisher</translation>
    </message>
    <message>
        <source>Describing the images anew is stopped; what is done is kept</source>
        <translation>Das Neubeschreiben ist angehalten; was erledigt ist, bleibt erhalten</translation>
    </message>
    <message>
        <source>No images were found in %1</source>
        <translation>In %1 wurden keine Bilder gefunden</translation>
    </message>
    <message numerus="yes">
        <source>%1: %Ln image(s) imported</source>
        <translation>
            <numerusform>%1: %Ln Bild importiert</numerusform>
            <numerusform>%1: %Ln Bilder importiert</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: nothing new</source>
        <translation>%1: nichts Neues</translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read</source>
        <translation>
            <numerusform>%Ln war nicht lesbar</numerusform>
            <numerusform>%Ln waren nicht lesbar</numerusform>
        </translation>
    </message>
    <message>
        <source>All images are described anew</source>
        <translation>Alle Bilder sind neu beschrieben</translation>
    </message>
</context>
<context>
    <name>LearningText</name>
    <message>
        <source>%1 steps/s</source>
        <translation>%1 Schritte/s</translation>
    </message>
    <message>
        <source>Starting to learn %1…</source>
        <translation>Lernen von %1 beginnt…</translation>
    </message>
    <message>
        <source>Learning %1</source>
        <translation>%1 wird gelernt</translation>
    </message>
    <message>
        <source>Learn k = %1</source>
        <translation>k = %1 lernen</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>Describe</source>
        <translation>Beschreiben</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppieren</translation>
    </message>
    <message>
        <source>Combine</source>
        <translation>Kombinieren</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Embed</source>
        <translation>Einbetten</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>Stufen</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>working…</source>
        <translation>läuft…</translation>
    </message>
    <message>
        <source>%1 / %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Pausing; what is done is kept…</source>
        <translation>Wird pausiert; was erledigt ist, bleibt erhalten…</translation>
    </message>
    <message>
        <source>Learning %1 is paused. The device is free; resume goes on from here.</source>
        <translation>Das Lernen von %1 pausiert. Das Gerät ist frei; „Fortsetzen“ macht hier weiter.</translation>
    </message>
    <message>
        <source>Keeping what was learned of %1 so far: it is checked and used to embed the images.</source>
        <translation>Das bisher von %1 Gelernte wird behalten: Es wird geprüft, und die Bilder werden damit eingebettet.</translation>
    </message>
    <message>
        <source>Discarding what was learned…</source>
        <translation>Gelerntes wird verworfen…</translation>
    </message>
    <message>
        <source>%1 is learned</source>
        <translation>%1 ist gelernt</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>GPU (%1)</source>
        <translation>GPU (%1)</translation>
    </message>
    <message numerus="yes">
        <source>%Ln thread(s)</source>
        <translation>
            <numerusform>%Ln Thread</numerusform>
            <numerusform>%Ln Threads</numerusform>
        </translation>
    </message>
    <message>
        <source>better</source>
        <translation>besser</translation>
    </message>
    <message>
        <source>worse</source>
        <translation>schlechter</translation>
    </message>
    <message>
        <source>no clear difference</source>
        <translation>kein klarer Unterschied</translation>
    </message>
    <message>
        <source>Better: %1</source>
        <translation>Besser: %1</translation>
    </message>
    <message>
        <source>Worse, keep the base: %1</source>
        <translation>Schlechter, Basis behalten: %1</translation>
    </message>
    <message>
        <source>No clear difference: %1</source>
        <translation>Kein klarer Unterschied: %1</translation>
    </message>
    <message>
        <source>an altered copy finds its image first %1 of the time, before %2 (95 % interval %3 to %4)</source>
        <translation>Eine veränderte Kopie findet ihr Bild in %1 der Fälle zuerst, vorher %2 (95-%-Intervall %3 bis %4)</translation>
    </message>
    <message>
        <source>and shares %1 of its neighbours, before %2 (%3 to %4).</source>
        <translation>und teilt %1 seiner Nachbarn, vorher %2 (%3 bis %4).</translation>
    </message>
    <message>
        <source>up %1</source>
        <translation>%1 höher</translation>
    </message>
    <message>
        <source>down %1</source>
        <translation>%1 tiefer</translation>
    </message>
    <message>
        <source>new</source>
        <translation>neu</translation>
    </message>
    <message>
        <source>gone</source>
        <translation>weg</translation>
    </message>
</context>
<context>
    <name>PlaceText</name>
    <message numerus="yes">
        <source>%Ln result(s) before the gap</source>
        <translation>
            <numerusform>%Ln Ergebnis vor der Lücke</numerusform>
            <numerusform>%Ln Ergebnisse vor der Lücke</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %Ln image(s) pass the filter</source>
        <translation>
            <numerusform>%1 von %Ln Bild passt zum Filter</numerusform>
            <numerusform>%1 von %Ln Bildern passen zum Filter</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) could not be read</source>
        <translation>
            <numerusform>%Ln Datei war nicht lesbar</numerusform>
            <numerusform>%Ln Dateien waren nicht lesbar</numerusform>
        </translation>
    </message>
    <message>
        <source>Similar to a region of %1</source>
        <translation>Ähnlich wie ein Ausschnitt von %1</translation>
    </message>
    <message>
        <source>Similar to %1</source>
        <translation>Ähnlich wie %1</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Suche läuft…</translation>
    </message>
    <message>
        <source>%1 of %2 in %3</source>
        <translation>%1 von %2 in %3</translation>
    </message>
    <message>
        <source>score ≥ %1</source>
        <translation>Ähnlichkeit ≥ %1</translation>
    </message>
    <message>
        <source>filtered</source>
        <translation>gefiltert</translation>
    </message>
    <message>
        <source>Nothing similar was found in %1.</source>
        <translation>In %1 wurde nichts Ähnliches gefunden.</translation>
    </message>
    <message>
        <source>Images appear here as they are read.</source>
        <translation>Die Bilder erscheinen hier, sobald sie gelesen sind.</translation>
    </message>
    <message>
        <source>No images here yet. Drop a folder of images on the window.</source>
        <translation>Hier sind noch keine Bilder. Legen Sie einen Ordner mit Bildern auf dem Fenster ab.</translation>
    </message>
    <message numerus="yes">
        <source>Group of %Ln image(s)</source>
        <translation>
            <numerusform>Gruppe mit %Ln Bild</numerusform>
            <numerusform>Gruppe mit %Ln Bildern</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one of %Ln group(s)</source>
        <translation>
            <numerusform>einzige Gruppe</numerusform>
            <numerusform>eine von %Ln Gruppen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln in the same group</source>
        <translation>
            <numerusform>%Ln in derselben Gruppe</numerusform>
            <numerusform>%Ln in derselben Gruppe</numerusform>
        </translation>
    </message>
    <message>
        <source>No result scores that high.</source>
        <translation>Kein Ergebnis hat so viele Punkte.</translation>
    </message>
    <message>
        <source>Show all results</source>
        <translation>Alle Ergebnisse zeigen</translation>
    </message>
    <message>
        <source>No image passes the filter.</source>
        <translation>Kein Bild passt zum Filter.</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>Filter löschen</translation>
    </message>
    <message>
        <source>Search everywhere</source>
        <translation>Überall suchen</translation>
    </message>
</context>
<context>
    <name>grappa::AboutDialog</name>
    <message>
        <source>About Grappa</source>
        <translation>Über Grappa</translation>
    </message>
    <message>
        <source>Grappa %1</source>
        <translation>Grappa %1</translation>
    </message>
    <message>
        <source>Visual search in your own images. Files are read and never changed. Nothing leaves this computer: Grappa makes no network connection.</source>
        <translation>Bildsuche in Ihren eigenen Bildern. Dateien werden gelesen und nie verändert. Nichts verlässt diesen Computer: Grappa baut keine Netzwerkverbindung auf.</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Cache</source>
        <translation>Zwischenspeicher</translation>
    </message>
    <message>
        <source>%1 (thumbnails; it is filled again when it was deleted)</source>
        <translation>%1 (Vorschaubilder; er füllt sich wieder, wenn er gelöscht wurde)</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>GNU General Public License, version 3</source>
        <translation>GNU General Public License, Version 3</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>DINOv2 ViT-S/14 of Meta AI, Apache License 2.0</source>
        <translation>DINOv2 ViT-S/14 von Meta AI, Apache License 2.0</translation>
    </message>
    <message>
        <source>Built with</source>
        <translation>Gebaut mit</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>grappa::AdaptChild</name>
    <message>
        <source>grappa-cli could not be started. Check that it lies beside this program.</source>
        <translation>grappa-cli ließ sich nicht starten. Prüfen Sie, ob es neben diesem Programm liegt.</translation>
    </message>
    <message>
        <source>Learning ended unexpectedly. What is done is kept; resume goes on from there.</source>
        <translation>Das Lernen endete unerwartet. Was erledigt ist, bleibt erhalten; „Fortsetzen“ macht dort weiter.</translation>
    </message>
    <message>
        <source>grappa-cli was ended by signal %1. %2</source>
        <translation>grappa-cli wurde durch Signal %1 beendet. %2</translation>
    </message>
    <message>
        <source>Nothing was learned yet that could be kept. Let it go on, or discard it.</source>
        <translation>Es wurde noch nichts gelernt, das sich behalten ließe. Lassen Sie es weiterlaufen oder verwerfen Sie es.</translation>
    </message>
</context>
<context>
    <name>grappa::AdaptEstimator</name>
    <message>
        <source>This computer&apos;s speed could not be measured. Learning can be started all the same.</source>
        <translation>Die Geschwindigkeit dieses Computers ließ sich nicht messen. Das Lernen kann trotzdem beginnen.</translation>
    </message>
</context>
<context>
    <name>grappa::AdaptationList</name>
    <message>
        <source>Learn this collection…</source>
        <translation>Diese Sammlung lernen…</translation>
    </message>
    <message>
        <source>Learned</source>
        <translation>Gelerntes</translation>
    </message>
    <message>
        <source>What searches can use</source>
        <translation>Womit gesucht werden kann</translation>
    </message>
    <message>
        <source>Grappa learns what matters in a collection, without labels</source>
        <translation>Grappa lernt ohne Beschriftungen, worauf es in einer Sammlung ankommt</translation>
    </message>
    <message>
        <source>Use this</source>
        <translation>Dies verwenden</translation>
    </message>
    <message>
        <source>Show the report</source>
        <translation>Bericht zeigen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>grappa::AdaptationListModel</name>
    <message>
        <source>not complete yet</source>
        <translation>noch nicht vollständig</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>Basis</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
</context>
<context>
    <name>grappa::AttentionBar</name>
    <message>
        <source>Granularity attention</source>
        <translation>Gewicht der Granularitäten</translation>
    </message>
</context>
<context>
    <name>grappa::AttentionModel</name>
    <message>
        <source>k = %1</source>
        <translation>k = %1</translation>
    </message>
    <message>
        <source>%1, mean of the blocks: %2 %</source>
        <translation>%1, Mittel der Blöcke: %2 %</translation>
    </message>
    <message>
        <source>%1, block %2: %3 %</source>
        <translation>%1, Block %2: %3 %</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Mean of the adapted blocks</source>
        <translation>Mittel der angepassten Blöcke</translation>
    </message>
    <message>
        <source>Adapted block %1</source>
        <translation>Angepasster Block %1</translation>
    </message>
</context>
<context>
    <name>grappa::CollectionChanges</name>
    <message>
        <source>add %1</source>
        <translation>%1 hinzufügen</translation>
    </message>
    <message numerus="yes">
        <source>add %n folder(s) to %1</source>
        <translation>
            <numerusform>%n Ordner zu %1 hinzufügen</numerusform>
            <numerusform>%n Ordner zu %1 hinzufügen</numerusform>
        </translation>
    </message>
    <message>
        <source>rename %1</source>
        <translation>%1 umbenennen</translation>
    </message>
    <message>
        <source>remove %1</source>
        <translation>%1 entfernen</translation>
    </message>
    <message>
        <source>relink %1</source>
        <translation>%1 neu zuordnen</translation>
    </message>
</context>
<context>
    <name>grappa::CollectionListModel</name>
    <message>
        <source>All images</source>
        <translation>Alle Bilder</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>importing</source>
        <translation>wird importiert</translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln unlesbar</numerusform>
            <numerusform>%Ln unlesbar</numerusform>
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
    <name>grappa::CollectionSidebar</name>
    <message>
        <source>Collections</source>
        <translation>Sammlungen</translation>
    </message>
    <message>
        <source>Add folders…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Scan again</source>
        <translation>Erneut einlesen</translation>
    </message>
    <message>
        <source>Forget missing files</source>
        <translation>Fehlende Dateien vergessen</translation>
    </message>
    <message>
        <source>Show unreadable files…</source>
        <translation>Unlesbare Dateien zeigen…</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Remove from Grappa</source>
        <translation>Aus Grappa entfernen</translation>
    </message>
    <message>
        <source>A folder was moved</source>
        <translation>Ein Ordner wurde verschoben</translation>
    </message>
    <message>
        <source>%1 (offline)</source>
        <translation>%1 (offline)</translation>
    </message>
</context>
<context>
    <name>grappa::CurveChart</name>
    <message>
        <source>The curve appears once learning begins.</source>
        <translation>Die Kurve erscheint, sobald das Lernen beginnt.</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>copies found first</source>
        <translation>Kopien zuerst gefunden</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>copies found first, %</source>
        <translation>Kopien zuerst gefunden, %</translation>
    </message>
    <message numerus="yes">
        <source>loss %1 after %Ln step(s)</source>
        <translation>
            <numerusform>Verlust %1 nach %Ln Schritt</numerusform>
            <numerusform>Verlust %1 nach %Ln Schritten</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of copies found first</source>
        <translation>%1 der Kopien zuerst gefunden</translation>
    </message>
    <message>
        <source>Curve of the run</source>
        <translation>Kurve des Laufs</translation>
    </message>
    <message>
        <source>k = %1</source>
        <translation>k = %1</translation>
    </message>
</context>
<context>
    <name>grappa::DropOverlay</name>
    <message>
        <source>Folders become a collection</source>
        <translation>Aus Ordnern wird eine Sammlung</translation>
    </message>
    <message>
        <source>One image searches for what looks like it</source>
        <translation>Ein Bild sucht, was ihm ähnlich sieht</translation>
    </message>
    <message>
        <source>Folders go into %1</source>
        <translation>Ordner kommen in %1</translation>
    </message>
</context>
<context>
    <name>grappa::EmptyState</name>
    <message>
        <source>Choose folders…</source>
        <translation>Ordner wählen…</translation>
    </message>
    <message>
        <source>Try with sample photos</source>
        <translation>Mit Beispielfotos ausprobieren</translation>
    </message>
    <message>
        <source>Drop folders of images here</source>
        <translation>Ordner mit Bildern hier ablegen</translation>
    </message>
    <message>
        <source>Click any image to see what looks like it.</source>
        <translation>Ein Klick auf ein Bild zeigt, was ihm ähnlich sieht.</translation>
    </message>
    <message>
        <source>Your files are read, never changed. Nothing leaves this computer.
Search is by image: there is no text search.</source>
        <translation>Ihre Dateien werden gelesen, nie verändert. Nichts verlässt diesen Computer.
Gesucht wird mit Bildern: Es gibt keine Textsuche.</translation>
    </message>
</context>
<context>
    <name>grappa::FilterBar</name>
    <message>
        <source>File name contains…</source>
        <translation>Dateiname enthält…</translation>
    </message>
    <message>
        <source>File name contains</source>
        <translation>Dateiname enthält</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Any folder</source>
        <translation>Alle Ordner</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Any type</source>
        <translation>Alle Typen</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>Filter leeren</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Reihenfolge</translation>
    </message>
    <message>
        <source>Taken from</source>
        <translation>Aufgenommen ab</translation>
    </message>
    <message>
        <source>to</source>
        <translation>bis</translation>
    </message>
    <message>
        <source>Taken to</source>
        <translation>Aufgenommen bis</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>Datum</translation>
    </message>
    <message>
        <source>When the photograph was taken; images that do not say so are left out</source>
        <translation>Wann das Foto aufgenommen wurde; Bilder ohne diese Angabe fallen weg</translation>
    </message>
    <message>
        <source>Most similar first</source>
        <translation>Ähnlichste zuerst</translation>
    </message>
    <message>
        <source>As added</source>
        <translation>Wie hinzugefügt</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>Neueste zuerst</translation>
    </message>
    <message>
        <source>Oldest first</source>
        <translation>Älteste zuerst</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>Nach Namen</translation>
    </message>
    <message>
        <source>By folder</source>
        <translation>Nach Ordner</translation>
    </message>
    <message>
        <source>Any date</source>
        <translation>Jedes Datum</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>ab %1</translation>
    </message>
    <message>
        <source>to %1</source>
        <translation>bis %1</translation>
    </message>
</context>
<context>
    <name>grappa::GalleryView</name>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Image %1</source>
        <translation>Bild %1</translation>
    </message>
</context>
<context>
    <name>grappa::GranularityBar</name>
    <message>
        <source>There are too few images to group them.</source>
        <translation>Es sind zu wenige Bilder, um sie zu gruppieren.</translation>
    </message>
    <message>
        <source>The images are grouped once the import or the learning that runs is done.</source>
        <translation>Die Bilder werden gruppiert, sobald der laufende Import oder das laufende Lernen fertig ist.</translation>
    </message>
    <message>
        <source>The images are being grouped. The levels appear in a moment.</source>
        <translation>Die Bilder werden gruppiert. Die Stufen erscheinen gleich.</translation>
    </message>
    <message>
        <source>The images could not be grouped. It is tried again when images are added.</source>
        <translation>Die Bilder ließen sich nicht gruppieren. Kommen Bilder hinzu, wird es erneut versucht.</translation>
    </message>
    <message>
        <source>Auto</source>
        <translation>Auto</translation>
    </message>
    <message>
        <source>What searches use</source>
        <translation>Womit gesucht wird</translation>
    </message>
    <message>
        <source>Search by the base model, or by what was learned from a collection</source>
        <translation>Mit dem Basismodell suchen oder mit dem, was von einer Sammlung gelernt wurde</translation>
    </message>
    <message>
        <source>Show the groups</source>
        <translation>Die Gruppen zeigen</translation>
    </message>
    <message>
        <source>Why this result is there</source>
        <translation>Warum dieses Ergebnis da ist</translation>
    </message>
    <message>
        <source>These images have no groups that could be told apart.</source>
        <translation>Diese Bilder haben keine unterscheidbaren Gruppen.</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>Basis</translation>
    </message>
    <message>
        <source>Same shot</source>
        <translation>Gleiche Aufnahme</translation>
    </message>
    <message>
        <source>Same kind</source>
        <translation>Gleiche Art</translation>
    </message>
    <message>
        <source>Auto: as broadly as the images around it suggest</source>
        <translation>Auto: so breit, wie die Bilder ringsum es nahelegen</translation>
    </message>
    <message>
        <source>As broadly as the images around it suggest: copies and near copies first, then the images that belong with them. Usually the best answer.</source>
        <translation>So breit, wie die Bilder ringsum es nahelegen: erst Kopien und beinahe gleiche Bilder, dann die, die dazugehören. Meist die beste Antwort.</translation>
    </message>
    <message>
        <source>Click an image to find what looks like it.</source>
        <translation>Klicken Sie auf ein Bild, um ähnliche zu finden.</translation>
    </message>
    <message>
        <source>what belongs together</source>
        <translation>was zusammengehört</translation>
    </message>
    <message>
        <source>what looks the same</source>
        <translation>was gleich aussieht</translation>
    </message>
    <message>
        <source>k = %1</source>
        <translation>k = %1</translation>
    </message>
</context>
<context>
    <name>grappa::GranularityController</name>
    <message>
        <source>What looks the same comes first.</source>
        <translation>Was gleich aussieht, kommt zuerst.</translation>
    </message>
    <message>
        <source>What is in the same group comes first (k = %1). Typical groups:</source>
        <translation>Was in derselben Gruppe ist, kommt zuerst (k = %1). Typische Gruppen:</translation>
    </message>
</context>
<context>
    <name>grappa::GranularitySlider</name>
    <message>
        <source>How broadly is searched: from the same shot to the same kind</source>
        <translation>Wie weit gesucht wird: von der gleichen Aufnahme bis zur gleichen Art</translation>
    </message>
    <message>
        <source>Same shot</source>
        <translation>Gleiche Aufnahme</translation>
    </message>
</context>
<context>
    <name>grappa::GroupController</name>
    <message>
        <source>Groups of images</source>
        <translation>Bildgruppen</translation>
    </message>
</context>
<context>
    <name>grappa::GroupListModel</name>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Group %1, %Ln image(s)</source>
        <translation>
            <numerusform>Gruppe %1, %Ln Bild</numerusform>
            <numerusform>Gruppe %1, %Ln Bilder</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::GuideDialog</name>
    <message>
        <source>Guide</source>
        <translation>Handbuch</translation>
    </message>
    <message>
        <source>en</source>
        <extracomment>The folder of the guide in this language: en or de.</extracomment>
        <translation>de</translation>
    </message>
    <message>
        <source>Pages of the guide</source>
        <translation>Seiten des Handbuchs</translation>
    </message>
    <message>
        <source>Text of the page</source>
        <translation>Text der Seite</translation>
    </message>
</context>
<context>
    <name>grappa::ImageActions</name>
    <message>
        <source>Search by this image</source>
        <translation>Mit diesem Bild suchen</translation>
    </message>
    <message>
        <source>View large</source>
        <translation>Groß ansehen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open with…</source>
        <translation>Öffnen mit…</translation>
    </message>
    <message>
        <source>Show in the file manager</source>
        <translation>In der Dateiverwaltung zeigen</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) exported to %1.</source>
        <translation>
            <numerusform>%Ln Bild nach %1 exportiert.</numerusform>
            <numerusform>%Ln Bilder nach %1 exportiert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln could not be read or written.</source>
        <translation>
            <numerusform>%Ln konnte nicht gelesen oder geschrieben werden.</numerusform>
            <numerusform>%Ln konnten nicht gelesen oder geschrieben werden.</numerusform>
        </translation>
    </message>
    <message>
        <source>List of paths…</source>
        <translation>Liste der Pfade…</translation>
    </message>
    <message>
        <source>Table (CSV)…</source>
        <translation>Tabelle (CSV)…</translation>
    </message>
    <message>
        <source>JSON…</source>
        <translation>JSON…</translation>
    </message>
    <message>
        <source>Copies in a folder…</source>
        <translation>Kopien in einem Ordner…</translation>
    </message>
    <message>
        <source>Links in a folder…</source>
        <translation>Verknüpfungen in einem Ordner…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) copied.</source>
        <translation>
            <numerusform>%Ln Bild kopiert.</numerusform>
            <numerusform>%Ln Bilder kopiert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Export %Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild exportieren</numerusform>
            <numerusform>%Ln Bilder exportieren</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::ImageListModel</name>
    <message>
        <source>score %1 (%2), cosine %3</source>
        <translation>Ähnlichkeit %1 (%2), Kosinus %3</translation>
    </message>
    <message>
        <source>The file is not there at the moment.</source>
        <translation>Die Datei ist gerade nicht da.</translation>
    </message>
    <message>
        <source>Damaged: %1</source>
        <translation>Beschädigt: %1</translation>
    </message>
    <message>
        <source>%1, %2, rank %3</source>
        <translation>%1, %2, Rang %3</translation>
    </message>
    <message>
        <source>%1, from here: %2</source>
        <translation>%1, ab hier: %2</translation>
    </message>
</context>
<context>
    <name>grappa::ImagePane</name>
    <message>
        <source>Reading %1…</source>
        <translation>%1 wird gelesen…</translation>
    </message>
    <message>
        <source>Only the small picture of the import is at hand. %1</source>
        <translation>Nur das kleine Bild vom Import ist vorhanden. %1</translation>
    </message>
</context>
<context>
    <name>grappa::ImportChild</name>
    <message>
        <source>grappa-cli could not be started. Check that it lies beside this program.</source>
        <translation>grappa-cli ließ sich nicht starten. Prüfen Sie, ob es neben diesem Programm liegt.</translation>
    </message>
    <message>
        <source>The import ended unexpectedly. What is done is kept; resume goes on from there.</source>
        <translation>Der Import endete unerwartet. Was erledigt ist, bleibt erhalten; „Fortsetzen“ macht dort weiter.</translation>
    </message>
    <message>
        <source>grappa-cli was ended by signal %1. %2</source>
        <translation>grappa-cli wurde durch Signal %1 beendet. %2</translation>
    </message>
</context>
<context>
    <name>grappa::JobBar</name>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>Fortschritt des Imports</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>grappa::LearnSheet</name>
    <message>
        <source>Start learning</source>
        <translation>Lernen beginnen</translation>
    </message>
    <message>
        <source>Learn a collection</source>
        <translation>Eine Sammlung lernen</translation>
    </message>
    <message>
        <source>Collection</source>
        <translation>Sammlung</translation>
    </message>
    <message numerus="yes">
        <source>%1 (%Ln image(s))</source>
        <translation>
            <numerusform>%1 (%Ln Bild)</numerusform>
            <numerusform>%1 (%Ln Bilder)</numerusform>
        </translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Grappa adapts its model to these images, without labels and on this computer. You can go on searching meanwhile, pause at any time, and compare before you use the result.</source>
        <translation>Grappa passt sein Modell an diese Bilder an, ohne Beschriftungen und auf diesem Computer. Sie können derweil weiter suchen, jederzeit pausieren und vergleichen, bevor Sie das Ergebnis verwenden.</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>A first look at what can be gained</source>
        <translation>Ein erster Blick auf den möglichen Gewinn</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>What suits most collections</source>
        <translation>Was für die meisten Sammlungen passt</translation>
    </message>
    <message>
        <source>Thorough</source>
        <translation>Gründlich</translation>
    </message>
    <message>
        <source>The last bit, overnight</source>
        <translation>Das letzte bisschen, über Nacht</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>The collection&apos;s, with a number</source>
        <translation>Wie die Sammlung, mit einer Nummer</translation>
    </message>
    <message>
        <source>Granularities</source>
        <translation>Granularitäten</translation>
    </message>
    <message>
        <source>From the number of images; or for example 16, 64, 256</source>
        <translation>Aus der Zahl der Bilder; oder etwa 16, 64, 256</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>The same seed gives the same result</source>
        <translation>Derselbe Startwert ergibt dasselbe Ergebnis</translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation>wird gemessen…</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>There is no collection yet. Add a folder of images first.</source>
        <translation>Es gibt noch keine Sammlung. Fügen Sie zuerst einen Ordner mit Bildern hinzu.</translation>
    </message>
    <message>
        <source>Learning needs %1 images or more. Add more folders to this collection first.</source>
        <translation>Zum Lernen braucht es mindestens %1 Bilder. Fügen Sie dieser Sammlung zuerst weitere Ordner hinzu.</translation>
    </message>
    <message>
        <source>Something learned has this name already. Choose another one.</source>
        <translation>So heißt schon etwas Gelerntes. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Granularities are numbers of groups, with commas between them.</source>
        <translation>Granularitäten sind Gruppenzahlen, durch Kommas getrennt.</translation>
    </message>
</context>
<context>
    <name>grappa::Learning</name>
    <message>
        <source>There is something learned that is called %1 already. Choose another name.</source>
        <translation>Es gibt schon etwas Gelerntes namens %1. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>rename %1</source>
        <translation>%1 umbenennen</translation>
    </message>
    <message>
        <source>delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>It could not be written there. Choose another place, or free some space.</source>
        <translation>Dort ließ es sich nicht schreiben. Wählen Sie einen anderen Ort oder schaffen Sie Platz.</translation>
    </message>
</context>
<context>
    <name>grappa::LearningBar</name>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Progress of learning</source>
        <translation>Fortschritt des Lernens</translation>
    </message>
    <message>
        <source>Show what is being learned</source>
        <translation>Zeigen, was gelernt wird</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausieren</translation>
    </message>
</context>
<context>
    <name>grappa::LearningController</name>
    <message>
        <source>What was learned of %1 was discarded. Searches go on as before.</source>
        <translation>Das von %1 Gelernte wurde verworfen. Die Suche geht weiter wie bisher.</translation>
    </message>
    <message>
        <source>%1 was exported.</source>
        <translation>%1 wurde exportiert.</translation>
    </message>
    <message numerus="yes">
        <source>%Ln new image(s) in %1, %2 unlike what was learned: learn again?</source>
        <translation>
            <numerusform>%Ln neues Bild in %1, davon %2 anders als das Gelernte: erneut lernen?</numerusform>
            <numerusform>%Ln neue Bilder in %1, davon %2 anders als das Gelernte: erneut lernen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Learn again…</source>
        <translation>Erneut lernen…</translation>
    </message>
    <message>
        <source>No image is selected in the gallery. Select one there first.</source>
        <translation>In der Galerie ist kein Bild ausgewählt. Wählen Sie dort zuerst eines aus.</translation>
    </message>
    <message>
        <source>%1 is being learned already. Let it end, keep it or discard it first.</source>
        <translation>%1 wird schon gelernt. Lassen Sie es zuerst enden, behalten oder verwerfen Sie es.</translation>
    </message>
    <message>
        <source>%1 is learned: %2.</source>
        <translation>%1 ist gelernt: %2.</translation>
    </message>
    <message>
        <source>Show the report</source>
        <translation>Bericht zeigen</translation>
    </message>
    <message>
        <source>This image is not described by both yet. Choose another one.</source>
        <translation>Dieses Bild ist noch nicht von beiden beschrieben. Wählen Sie ein anderes.</translation>
    </message>
    <message>
        <source>%1 was deleted. Your images were not touched.</source>
        <translation>%1 wurde gelöscht. Ihre Bilder wurden nicht angerührt.</translation>
    </message>
    <message>
        <source>Export what was learned</source>
        <translation>Gelerntes exportieren</translation>
    </message>
    <message>
        <source>Adaptations (*.safetensors)</source>
        <translation>Gelerntes (*.safetensors)</translation>
    </message>
</context>
<context>
    <name>grappa::LearningPage</name>
    <message>
        <source>Gallery</source>
        <translation>Galerie</translation>
    </message>
    <message>
        <source>Search and browse while it learns</source>
        <translation>Suchen und blättern, während gelernt wird</translation>
    </message>
    <message>
        <source>Stop and keep</source>
        <translation>Beenden, behalten</translation>
    </message>
    <message>
        <source>What was learned so far is checked and becomes the result</source>
        <translation>Das bisher Gelernte wird geprüft und wird zum Ergebnis</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Discard all that was learned in this run? This cannot be taken back.</source>
        <translation>Alles verwerfen, was in diesem Lauf gelernt wurde? Das lässt sich nicht zurücknehmen.</translation>
    </message>
    <message>
        <source>Discard it</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Go on learning</source>
        <translation>Weiter lernen</translation>
    </message>
    <message>
        <source>Curve, groups and examples</source>
        <translation>Kurve, Gruppen und Beispiele</translation>
    </message>
    <message>
        <source>The largest groups of each k appear here once the images are described.</source>
        <translation>Die größten Gruppen jedes k erscheinen hier, sobald die Bilder beschrieben sind.</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>Beispiel</translation>
    </message>
    <message>
        <source>What it finds now</source>
        <translation>Was es jetzt findet</translation>
    </message>
    <message>
        <source>Groups that were found</source>
        <translation>Gefundene Gruppen</translation>
    </message>
    <message>
        <source>What held-out examples find</source>
        <translation>Was Beispiele finden, von denen nicht gelernt wird</translation>
    </message>
    <message>
        <source>Nothing is being learned.</source>
        <translation>Es wird nichts gelernt.</translation>
    </message>
    <message>
        <source>Learning</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>Learning %1</source>
        <translation>%1 wird gelernt</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausieren</translation>
    </message>
    <message>
        <source>Goes on from where it was</source>
        <translation>Macht dort weiter, wo es war</translation>
    </message>
    <message>
        <source>Frees the device; what is done is kept</source>
        <translation>Gibt das Gerät frei; was erledigt ist, bleibt erhalten</translation>
    </message>
    <message>
        <source>The stages are shown once it runs.</source>
        <translation>Die Abschnitte erscheinen, sobald es läuft.</translation>
    </message>
    <message>
        <source>k = %1</source>
        <translation>k = %1</translation>
    </message>
    <message>
        <source>Groups of k = %1</source>
        <translation>Gruppen von k = %1</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>Group of %1</source>
        <translation>Gruppe: %1</translation>
    </message>
    <message>
        <source>Some images are searched again and again as learning goes on.</source>
        <translation>Mit einigen Bildern wird während des Lernens immer wieder gesucht.</translation>
    </message>
    <message>
        <source>Before anything was learned</source>
        <translation>Bevor etwas gelernt wurde</translation>
    </message>
    <message>
        <source>%1, epoch %2</source>
        <translation>%1, Epoche %2</translation>
    </message>
    <message>
        <source>new</source>
        <translation>neu</translation>
    </message>
    <message numerus="yes">
        <source>%Ln new</source>
        <translation>
            <numerusform>%Ln neu</numerusform>
            <numerusform>%Ln neu</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::Levels</name>
    <message numerus="yes">
        <source>%Ln group(s) of about %1</source>
        <translation>
            <numerusform>%Ln Gruppe von etwa %1</numerusform>
            <numerusform>%Ln Gruppen von je etwa %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::MainWindow</name>
    <message>
        <source>Sample photos</source>
        <translation>Beispielfotos</translation>
    </message>
    <message>
        <source>Grappa makes no network connection, so addresses cannot be opened. Save the image first, or copy the image itself.</source>
        <translation>Grappa stellt keine Netzverbindung her, Adressen lassen sich daher nicht öffnen. Speichern Sie das Bild zuerst oder kopieren Sie das Bild selbst.</translation>
    </message>
    <message>
        <source>There is no image to paste. Copy an image or an image file first.</source>
        <translation>Es gibt kein Bild zum Einfügen. Kopieren Sie zuerst ein Bild oder eine Bilddatei.</translation>
    </message>
    <message>
        <source>Choose a folder of images</source>
        <translation>Einen Ordner mit Bildern wählen</translation>
    </message>
    <message>
        <source>Search by an image</source>
        <translation>Mit einem Bild suchen</translation>
    </message>
    <message>
        <source>Images (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)</source>
        <translation>Bilder (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)</translation>
    </message>
    <message>
        <source>Search by an image file…</source>
        <translation>Mit einer Bilddatei suchen…</translation>
    </message>
    <message>
        <source>Search by the copied image</source>
        <translation>Mit dem kopierten Bild suchen</translation>
    </message>
    <message>
        <source>Add folders…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Scan the collection again</source>
        <translation>Sammlung neu durchsuchen</translation>
    </message>
    <message>
        <source>Filter by name</source>
        <translation>Nach Namen filtern</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vor</translation>
    </message>
    <message>
        <source>Larger thumbnails</source>
        <translation>Größere Vorschaubilder</translation>
    </message>
    <message>
        <source>Smaller thumbnails</source>
        <translation>Kleinere Vorschaubilder</translation>
    </message>
    <message>
        <source>Query and its regions</source>
        <translation>Anfrage und ihre Ausschnitte</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>Handbuch</translation>
    </message>
    <message>
        <source>Where is %1 now?</source>
        <translation>Wo ist %1 jetzt?</translation>
    </message>
    <message>
        <source>There is a collection %1 already. Choose another name.</source>
        <translation>Es gibt schon eine Sammlung %1. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>%1 was removed from Grappa. Its files were not touched.</source>
        <translation>%1 wurde aus Grappa entfernt. Die Dateien wurden nicht angerührt.</translation>
    </message>
    <message>
        <source>Learn this collection…</source>
        <translation>Diese Sammlung lernen…</translation>
    </message>
    <message>
        <source>Show the groups</source>
        <translation>Die Gruppen zeigen</translation>
    </message>
    <message>
        <source>Why this result is there</source>
        <translation>Warum dieses Ergebnis da ist</translation>
    </message>
    <message>
        <source>%1 is being learned. Rename it once that has ended.</source>
        <translation>%1 wird gelernt. Benennen Sie es um, wenn das beendet ist.</translation>
    </message>
    <message>
        <source>Describe all images anew…</source>
        <translation>Alle Bilder neu beschreiben…</translation>
    </message>
    <message>
        <source>Finer level: only the same shot</source>
        <translation>Feinere Stufe: nur die gleiche Aufnahme</translation>
    </message>
    <message>
        <source>Broader level: the same kind</source>
        <translation>Gröbere Stufe: die gleiche Art</translation>
    </message>
    <message>
        <source>About Grappa</source>
        <translation>Über Grappa</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>An earlier version of Grappa described these images. Described anew, a click finds more of what belongs together. It takes about as long as importing them did, and can be stopped and resumed; searches answer as before until it is done.</source>
        <translation>Eine frühere Version von Grappa hat diese Bilder beschrieben. Neu beschrieben findet ein Klick mehr von dem, was zusammengehört. Das dauert etwa so lange wie der Import und lässt sich anhalten und fortsetzen; bis dahin wird gesucht wie bisher.</translation>
    </message>
    <message>
        <source>Describe anew</source>
        <translation>Neu beschreiben</translation>
    </message>
    <message numerus="yes">
        <source>%Ln selected</source>
        <translation>
            <numerusform>%Ln ausgewählt</numerusform>
            <numerusform>%Ln ausgewählt</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::MessageBar</name>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Close the message</source>
        <translation>Meldung schließen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>grappa::Overlays</name>
    <message>
        <source>Looking at the patches of both images…</source>
        <translation>Bildfelder beider Bilder werden betrachtet…</translation>
    </message>
    <message>
        <source>the model&apos;s, with what was learned</source>
        <translation>laut Modell mit dem Gelernten</translation>
    </message>
    <message>
        <source>the base model&apos;s own</source>
        <translation>laut Basismodell selbst</translation>
    </message>
    <message>
        <source>Bright: where the last block&apos;s [class] token attends; %1. It does not say which granularity decided.</source>
        <translation>Hell: worauf das [class]-Token des letzten Blocks achtet, %1. Welche Granularität entschied, sagt es nicht.</translation>
    </message>
    <message>
        <source>Bright: patches with a similar one in the other image; %1. Point at a patch to see its best matches.</source>
        <translation>Hell: Bildfelder mit einem ähnlichen im anderen Bild, %1. Zeigen Sie auf ein Bildfeld, um seine besten Treffer zu sehen.</translation>
    </message>
</context>
<context>
    <name>grappa::QueryBar</name>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vor</translation>
    </message>
    <message>
        <source>Size of the thumbnails</source>
        <translation>Größe der Vorschaubilder</translation>
    </message>
    <message>
        <source>Size of the thumbnails (Ctrl + wheel)</source>
        <translation>Größe der Vorschaubilder (Strg + Mausrad)</translation>
    </message>
    <message>
        <source>End the search</source>
        <translation>Suche beenden</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Query: a region of %1</source>
        <translation>Anfrage: ein Ausschnitt von %1</translation>
    </message>
    <message>
        <source>Query: %1</source>
        <translation>Anfrage: %1</translation>
    </message>
    <message>
        <source>Click to view it large or to mark a region</source>
        <translation>Klicken, um es groß anzusehen oder einen Ausschnitt zu markieren</translation>
    </message>
    <message>
        <source>Search by an image file, also by one from elsewhere; drop or paste works too</source>
        <translation>Mit einer Bilddatei suchen, auch mit einer von anderswo; Ablegen und Einfügen gehen auch</translation>
    </message>
    <message>
        <source>Where is searched</source>
        <translation>Wo gesucht wird</translation>
    </message>
    <message>
        <source>Search by image</source>
        <translation>Mit Bild suchen</translation>
    </message>
    <message>
        <source>in %1</source>
        <translation>in %1</translation>
    </message>
    <message>
        <source>everywhere</source>
        <translation>überall</translation>
    </message>
    <message>
        <source>Searched %1</source>
        <translation>Gesucht wird %1</translation>
    </message>
</context>
<context>
    <name>grappa::ReportPage</name>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation>Galerie</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Keep base</source>
        <translation>Basis behalten</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>Basis</translation>
    </message>
    <message>
        <source>Learned</source>
        <translation>Gelerntes</translation>
    </message>
    <message>
        <source>Change (95 % interval)</source>
        <translation>Änderung (95-%-Intervall)</translation>
    </message>
    <message>
        <source>An altered copy finds its image first</source>
        <translation>Eine veränderte Kopie findet ihr Bild zuerst</translation>
    </message>
    <message>
        <source>Its mean reciprocal rank</source>
        <translation>Ihr mittlerer reziproker Rang</translation>
    </message>
    <message>
        <source>It shares its image&apos;s neighbours</source>
        <translation>Sie teilt die Nachbarn ihres Bildes</translation>
    </message>
    <message>
        <source>Neighbours that are those of the base</source>
        <translation>Nachbarn, die auch die der Basis sind</translation>
    </message>
    <message>
        <source>Image that is searched by</source>
        <translation>Bild, mit dem gesucht wird</translation>
    </message>
    <message>
        <source>Another image</source>
        <translation>Anderes Bild</translation>
    </message>
    <message>
        <source>The selected image</source>
        <translation>Ausgewähltes Bild</translation>
    </message>
    <message>
        <source>The image that is selected in the gallery</source>
        <translation>Das Bild, das in der Galerie ausgewählt ist</translation>
    </message>
    <message>
        <source>Click a result to compare its own results.</source>
        <translation>Ein Klick auf ein Ergebnis vergleicht dessen eigene Ergebnisse.</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>Vorher und nachher</translation>
    </message>
    <message>
        <source>Results of the base</source>
        <translation>Ergebnisse der Basis</translation>
    </message>
    <message>
        <source>Results of what was learned</source>
        <translation>Ergebnisse des Gelernten</translation>
    </message>
    <message>
        <source>There is no report of this. Compare the results below to see what it does.</source>
        <translation>Hierzu gibt es keinen Bericht. Vergleichen Sie die Ergebnisse unten, um zu sehen, was es bewirkt.</translation>
    </message>
    <message>
        <source>Measured on %1 images that were never learned from, searched among %2.</source>
        <translation>Gemessen an %1 Bildern, von denen nie gelernt wurde, gesucht unter %2.</translation>
    </message>
    <message>
        <source>%1 (%2 to %3)</source>
        <translation>%1 (%2 bis %3)</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>Back to base</source>
        <translation>Zurück zur Basis</translation>
    </message>
    <message>
        <source>Choose an image to see what it found before, and what it finds now.</source>
        <translation>Wählen Sie ein Bild, um zu sehen, was es vorher fand und was es jetzt findet.</translation>
    </message>
</context>
<context>
    <name>grappa::ScoreCut</name>
    <message>
        <source>Lowest score that is shown</source>
        <translation>Kleinste Ähnlichkeit, die gezeigt wird</translation>
    </message>
    <message>
        <source>Drag to leave out lower scores; double click to show all.</source>
        <translation>Ziehen lässt weniger Ähnliches weg; ein Doppelklick zeigt alles.</translation>
    </message>
    <message>
        <source>The mark is the gap after the results that stand out, at %1.</source>
        <translation>Die Marke ist die Lücke nach den Ergebnissen, die hervorstechen, bei %1.</translation>
    </message>
</context>
<context>
    <name>grappa::ServeClient</name>
    <message>
        <source>The search process ended unexpectedly. Search again to start it anew.</source>
        <translation>Der Suchprozess endete unerwartet. Suchen Sie erneut, um ihn neu zu starten.</translation>
    </message>
    <message>
        <source>grappa-cli could not be started. Check that it lies beside this program.</source>
        <translation>grappa-cli ließ sich nicht starten. Prüfen Sie, ob es neben diesem Programm liegt.</translation>
    </message>
    <message>
        <source>The search was stopped. Search again.</source>
        <translation>Die Suche wurde angehalten. Suchen Sie erneut.</translation>
    </message>
</context>
<context>
    <name>grappa::Session</name>
    <message>
        <source>There is nothing at that place. Check the name, or that its disk is plugged in.</source>
        <translation>Dort ist nichts. Prüfen Sie den Namen und ob das Laufwerk angeschlossen ist.</translation>
    </message>
    <message>
        <source>Grappa searches by one image at a time: the first one was taken. Drop a folder to add its images.</source>
        <translation>Grappa sucht mit einem Bild auf einmal: Das erste wurde genommen. Legen Sie einen Ordner ab, um seine Bilder hinzuzufügen.</translation>
    </message>
    <message>
        <source>The folder&apos;s name is not valid text. Rename it, or add the folder above it.</source>
        <translation>Der Name des Ordners ist kein gültiger Text. Benennen Sie ihn um oder fügen Sie den Ordner darüber hinzu.</translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 und %n weiterer</numerusform>
            <numerusform>%1 und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>There is nothing to search yet. Add a folder of images first.</source>
        <translation>Es gibt noch nichts zu durchsuchen. Fügen Sie zuerst einen Ordner mit Bildern hinzu.</translation>
    </message>
    <message>
        <source>The library was embedded anew in the meantime. Search again.</source>
        <translation>Die Bibliothek wurde inzwischen neu eingebettet. Suchen Sie erneut.</translation>
    </message>
    <message>
        <source>What was learned cannot be searched by any more: it was removed or holds no images. Searches use the base again.</source>
        <translation>Mit dem Gelernten lässt sich nicht mehr suchen: Es wurde entfernt oder enthält keine Bilder. Gesucht wird wieder mit der Basis.</translation>
    </message>
    <message>
        <source>This cannot be used yet: it has described no image. Searches go on as before.</source>
        <translation>Dies lässt sich noch nicht verwenden: Es hat kein Bild beschrieben. Die Suche geht weiter wie bisher.</translation>
    </message>
</context>
<context>
    <name>grappa::ShortcutSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Arrows, Page, Home, End</source>
        <translation>Pfeile, Bild, Pos1, Ende</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Bewegen</translation>
    </message>
    <message>
        <source>Search by the image</source>
        <translation>Mit dem Bild suchen</translation>
    </message>
    <message>
        <source>View it large</source>
        <translation>Groß ansehen</translation>
    </message>
    <message>
        <source>Shift or Ctrl + arrows</source>
        <translation>Umschalt oder Strg + Pfeile</translation>
    </message>
    <message>
        <source>Select several</source>
        <translation>Mehrere auswählen</translation>
    </message>
    <message>
        <source>Select or deselect</source>
        <translation>Auswählen oder abwählen</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Strg + Mausrad</translation>
    </message>
    <message>
        <source>Size of the thumbnails</source>
        <translation>Größe der Vorschaubilder</translation>
    </message>
    <message>
        <source>Left, Right</source>
        <translation>Links, Rechts</translation>
    </message>
    <message>
        <source>Previous, next image</source>
        <translation>Voriges, nächstes Bild</translation>
    </message>
    <message>
        <source>Wheel, + and -</source>
        <translation>Mausrad, + und -</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Actual pixels</source>
        <translation>Originalgröße</translation>
    </message>
    <message>
        <source>Compare with the query</source>
        <translation>Mit der Anfrage vergleichen</translation>
    </message>
    <message>
        <source>Draw a region to search by</source>
        <translation>Ausschnitt für die Suche zeichnen</translation>
    </message>
    <message>
        <source>Arrows</source>
        <translation>Pfeile</translation>
    </message>
    <message>
        <source>Move the region</source>
        <translation>Ausschnitt bewegen</translation>
    </message>
    <message>
        <source>Shift + arrows</source>
        <translation>Umschalt + Pfeile</translation>
    </message>
    <message>
        <source>Resize the region</source>
        <translation>Größe des Ausschnitts ändern</translation>
    </message>
    <message>
        <source>Whole image, then close</source>
        <translation>Ganzes Bild, dann schließen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>Überall</translation>
    </message>
    <message>
        <source>In the gallery</source>
        <translation>In der Galerie</translation>
    </message>
    <message>
        <source>In the large view</source>
        <translation>In der großen Ansicht</translation>
    </message>
    <message>
        <source>Where the model attends, comparing</source>
        <translation>Worauf das Modell achtet, im Vergleich</translation>
    </message>
    <message>
        <source>Patches that match, comparing</source>
        <translation>Bildfelder, die sich gleichen, im Vergleich</translation>
    </message>
    <message>
        <source>F, Enter</source>
        <translation>F, Eingabe</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Show the results beside it</source>
        <translation>Die Ergebnisse daneben zeigen</translation>
    </message>
</context>
<context>
    <name>grappa::StageList</name>
    <message>
        <source>done</source>
        <translation>erledigt</translation>
    </message>
    <message>
        <source>under way</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>to come</source>
        <translation>steht aus</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1, %2, %3</source>
        <translation>%1, %2, %3</translation>
    </message>
</context>
<context>
    <name>grappa::StopPreview</name>
    <message numerus="yes">
        <source>A group of %Ln image(s).</source>
        <translation>
            <numerusform>Eine Gruppe mit %Ln Bild.</numerusform>
            <numerusform>Eine Gruppe mit %Ln Bildern.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::UnreadableDialog</name>
    <message>
        <source>Unreadable files</source>
        <translation>Unlesbare Dateien</translation>
    </message>
    <message>
        <source>All other images were imported. Repair or replace these files, then scan the collection again.</source>
        <translation>Alle anderen Bilder wurden importiert. Reparieren oder ersetzen Sie diese Dateien und lesen Sie die Sammlung dann erneut ein.</translation>
    </message>
    <message>
        <source>Copy list</source>
        <translation>Liste kopieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) of %1 could not be read</source>
        <translation>
            <numerusform>%n Datei von %1 war nicht lesbar</numerusform>
            <numerusform>%n Dateien von %1 waren nicht lesbar</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>grappa::UnreadableFilesModel</name>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
</context>
<context>
    <name>grappa::Viewer</name>
    <message>
        <source>Close the large view</source>
        <translation>Große Ansicht schließen</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Actual pixels</source>
        <translation>Originalgröße</translation>
    </message>
    <message>
        <source>Compare with the query</source>
        <translation>Mit der Anfrage vergleichen</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Whole</source>
        <translation>Ganz</translation>
    </message>
    <message>
        <source>Search by the whole image (Esc)</source>
        <translation>Mit dem ganzen Bild suchen (Esc)</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Ausschnitt</translation>
    </message>
    <message>
        <source>Draw a region to search by (R)</source>
        <translation>Ausschnitt für die Suche zeichnen (R)</translation>
    </message>
    <message>
        <source>Query</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Where the model looks: the attention of its last block&apos;s [class] token over the patches. It is the model&apos;s own and does not say which granularity decided (A)</source>
        <translation>Wohin das Modell schaut: die Aufmerksamkeit des [class]-Tokens seines letzten Blocks über die Bildfelder. Sie ist die des Modells selbst und sagt nicht, welche Granularität entschied (A)</translation>
    </message>
    <message>
        <source>Match</source>
        <translation>Abgleich</translation>
    </message>
    <message>
        <source>Which patches of the two images are alike, by the model&apos;s own patch features. Point at a patch of one image: its best matches light up in the other (M)</source>
        <translation>Welche Bildfelder der beiden Bilder sich ähneln, nach den eigenen Merkmalen des Modells. Zeigen Sie auf ein Bildfeld des einen: Seine besten Treffer leuchten im anderen auf (M)</translation>
    </message>
    <message>
        <source>Show the results beside it</source>
        <translation>Die Ergebnisse daneben zeigen</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
</context>
<context>
    <name>grappa::ViewerController</name>
    <message>
        <source>Query</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>%1 · score %2, %3</source>
        <translation>%1 · Ähnlichkeit %2, %3</translation>
    </message>
</context>
<context>
    <name>grappa::WhyPanel</name>
    <message>
        <source>Hide the panel</source>
        <translation>Bereich ausblenden</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Granularities of the result</source>
        <translation>Granularitäten des Ergebnisses</translation>
    </message>
    <message>
        <source>Query</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>Granularities of the query</source>
        <translation>Granularitäten der Anfrage</translation>
    </message>
    <message>
        <source>Blocks</source>
        <translation>Blöcke</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>Stufen</translation>
    </message>
    <message>
        <source>Granularity attention by level and block, in percent</source>
        <translation>Gewicht der Granularitäten nach Stufe und Block, in Prozent</translation>
    </message>
    <message>
        <source>How much each level counts in each adapted block of the model, in percent</source>
        <translation>Wie viel jede Stufe in jedem angepassten Block des Modells zählt, in Prozent</translation>
    </message>
    <message>
        <source>WHY</source>
        <translation>WARUM</translation>
    </message>
    <message>
        <source>The query: %1</source>
        <translation>Die Anfrage: %1</translation>
    </message>
    <message>
        <source>Query: %1</source>
        <translation>Anfrage: %1</translation>
    </message>
    <message>
        <source>%1 · %2 · rank %3</source>
        <translation>%1 · %2 · Rang %3</translation>
    </message>
    <message>
        <source>The base model looks at one granularity only. Learn this collection, and this panel shows which granularities decide.</source>
        <translation>Das Basismodell betrachtet nur eine Granularität. Lernen Sie diese Sammlung, dann zeigt dieser Bereich, welche Granularitäten entscheiden.</translation>
    </message>
    <message>
        <source>It is not known by which granularities this image was described.</source>
        <translation>Es ist nicht bekannt, mit welchen Granularitäten dieses Bild beschrieben wurde.</translation>
    </message>
    <message>
        <source>Choose an image to see by which granularities it is described.</source>
        <translation>Wählen Sie ein Bild, um zu sehen, mit welchen Granularitäten es beschrieben ist.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Taken</source>
        <translation>Aufgenommen</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>Pixel</translation>
    </message>
    <message>
        <source>%1 × %2</source>
        <translation>%1 × %2</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Copies</source>
        <translation>Kopien</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) hold it</source>
        <translation>
            <numerusform>%Ln Datei enthält es</numerusform>
            <numerusform>%Ln Dateien enthalten es</numerusform>
        </translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>not there at the moment</source>
        <translation>zurzeit nicht da</translation>
    </message>
    <message>
        <source>Damage</source>
        <translation>Schaden</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>Visual search in your own images. Nothing leaves this computer.</source>
        <translation>Visuelle Suche in den eigenen Bildern. Nichts verlässt diesen Computer.</translation>
    </message>
    <message>
        <source>Keep the library in FOLDER.</source>
        <translation>Die Bibliothek liegt in FOLDER.</translation>
    </message>
    <message>
        <source>light or dark; without it as the system is.</source>
        <translation>light (hell) oder dark (dunkel); sonst wie das System.</translation>
    </message>
    <message>
        <source>Folders to import, or one image to search by.</source>
        <translation>Ordner zum Importieren oder ein Bild zum Suchen.</translation>
    </message>
</context>
</TS>
