package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabFileTest {
  @TempDir Path folder;

  @Test
  void rowsComeBackAsTheyWereWritten() throws IOException {
    LabFile file = new LabFile(folder.resolve("lab.jsonl"));
    LabRow first =
        LabRows.row("clean", 1, List.of(LabRows.candidate("rejected", 7, 3)), null, 210, 310);
    LabRow second = LabRows.row("coins", 1);

    file.append(first);
    file.append(second);

    assertThat(file.rows()).containsExactly(first, second);
    assertThat(Files.readString(folder.resolve("lab.jsonl"))).contains("\"duel_wins\":20");
  }

  @Test
  void aStartIsDoneWhenItsRowIsThereAndDidNotBreak() throws IOException {
    LabFile file = new LabFile(folder.resolve("lab.jsonl"));
    file.append(LabRows.row("clean", 1, 210));
    file.append(LabRows.broken("clean", 2));

    assertThat(file.has("clean", 1)).isTrue();
    assertThat(file.has("clean", 2)).isFalse();
    assertThat(file.has("coins", 1)).isFalse();
  }

  @Test
  void aLineThatACrashCutOffIsNoRowAndIsReplaced() throws IOException {
    Path path = folder.resolve("lab.jsonl");
    LabFile file = new LabFile(path);
    LabRow row = LabRows.row("clean", 1, 210);
    file.append(row);
    Files.writeString(path, "{\"scenario\":\"cle", StandardOpenOption.APPEND);

    assertThat(file.rows()).containsExactly(row);
    file.append(LabRows.row("clean", 2));

    assertThat(file.rows()).containsExactly(row, LabRows.row("clean", 2));
  }

  @Test
  void aLineThatIsNoRowIsNamed() throws IOException {
    Path path = folder.resolve("lab.jsonl");
    LabFile file = new LabFile(path);
    file.append(LabRows.row("clean", 1));
    Files.writeString(path, "no row\n", StandardOpenOption.APPEND);

    assertThatThrownBy(file::rows).isInstanceOf(IOException.class).hasMessageContaining("line 2");
  }

  @Test
  void fieldsOfLaterBuildsAreIgnored() throws IOException {
    Path path = folder.resolve("lab.jsonl");
    LabFile file = new LabFile(path);
    file.append(LabRows.row("clean", 1));
    Files.writeString(
        path, Files.readString(path).replace("{\"scenario\"", "{\"x\":1,\"scenario\""));

    assertThat(file.rows()).containsExactly(LabRows.row("clean", 1));
  }

  @Test
  void aMissingFileHasNoRows() throws IOException {
    assertThat(new LabFile(folder.resolve("none.jsonl")).rows()).isEmpty();
  }
}
