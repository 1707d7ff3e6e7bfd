package dev.whetstone.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.whetstone.io.JsonFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Rows as lines of JSON. A last line without its end was cut off by a crash and is no row. */
public final class LabFile {
  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private final Path file;

  public LabFile(Path file) {
    this.file = file;
  }

  /**
   * All rows, in the order in which they were written; none when there is no file.
   *
   * @throws IOException naming a line that is not a row
   */
  public List<LabRow> rows() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = Files.readString(file);
    List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    List<LabRow> rows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        rows.add(row(lines.get(i), i + 1));
      }
    }
    return rows;
  }

  private LabRow row(String line, int number) throws IOException {
    try {
      return JSON.readValue(line, LabRow.class);
    } catch (JsonProcessingException notARow) {
      throw new IOException(
          "%s, line %d is not a row of the lab: %s".formatted(file, number, JsonFault.of(notARow)),
          notARow);
    }
  }

  /** Whether a start was played to its end. */
  public boolean has(String scenario, long seed) throws IOException {
    return rows().stream()
        .anyMatch(
            row -> row.scenario().equals(scenario) && row.seed() == seed && row.failed() == null);
  }

  /** Appends a row, on the disk when this returns. A line that was cut off is removed. */
  public void append(LabRow row) throws IOException {
    byte[] line = (json(row) + "\n").getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      channel.truncate(wholeLines(channel));
      channel.position(channel.size());
      ByteBuffer bytes = ByteBuffer.wrap(line);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** The length of the file up to its last line's end. */
  private static long wholeLines(FileChannel channel) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    for (long end = channel.size(); end > 0; end--) {
      channel.read(one.clear(), end - 1);
      if (one.get(0) == '\n') {
        return end;
      }
    }
    return 0;
  }

  /** A row as its line. */
  public static String json(LabRow row) throws IOException {
    return JSON.writeValueAsString(row);
  }
}
