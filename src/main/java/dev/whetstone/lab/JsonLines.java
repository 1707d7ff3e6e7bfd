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

/**
 * Records as lines of JSON, which are appended one by one. A last line without its end was cut off
 * by a crash and is none.
 *
 * @param <R> type of a record, whose components in snake case are a line's fields
 */
public final class JsonLines<R> {
  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private final Path file;
  private final Class<R> type;
  private final String kind;

  /**
   * Opens a file that may not exist yet.
   *
   * @param kind what a line is, for errors
   */
  public JsonLines(Path file, Class<R> type, String kind) {
    this.file = file;
    this.type = type;
    this.kind = kind;
  }

  /**
   * All records, in the order in which they were written; none when there is no file.
   *
   * @throws IOException naming a line that is not a record
   */
  public List<R> read() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = Files.readString(file);
    List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    List<R> records = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        records.add(parse(lines.get(i), i + 1));
      }
    }
    return records;
  }

  private R parse(String line, int number) throws IOException {
    try {
      return JSON.readValue(line, type);
    } catch (JsonProcessingException wrong) {
      throw new IOException(
          "%s, line %d is not %s: %s".formatted(file, number, kind, JsonFault.of(wrong)), wrong);
    }
  }

  /** Appends a record, on the disk when this returns. A line that was cut off is removed. */
  public void append(R record) throws IOException {
    byte[] line = (json(record) + "\n").getBytes(StandardCharsets.UTF_8);
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

  /** A record as its line. */
  public static String json(Object record) throws IOException {
    return JSON.writeValueAsString(record);
  }
}
