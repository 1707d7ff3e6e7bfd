package dev.whetstone.dpo.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Writes metrics.jsonl: a JSON object a line for each step, with TRL's names. Not thread-safe. */
public final class MetricsLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Writer writer;

  private MetricsLog(Path file, Writer writer) {
    this.file = file;
    this.writer = writer;
  }

  /**
   * Opens a log and drops the lines after a step: a killed run wrote them after its last
   * checkpoint, and the resumed run makes those steps again.
   */
  public static MetricsLog after(int step, Path file) throws IOException {
    List<String> kept =
        Files.exists(file)
            ? Files.readAllLines(file).stream().filter(line -> step(line) <= step).toList()
            : List.of();
    AtomicFile.write(file, kept.isEmpty() ? "" : String.join("\n", kept) + "\n");
    return new MetricsLog(file, Files.newBufferedWriter(file, StandardOpenOption.APPEND));
  }

  /** The step of a line. A line that a crash cut short is after any step, so that it is dropped. */
  private static int step(String line) {
    try {
      return JSON.readTree(line).path("step").asInt(Integer.MAX_VALUE);
    } catch (JsonProcessingException cutShort) {
      return Integer.MAX_VALUE;
    }
  }

  /** Appends a line. */
  public void write(StepMetrics step) throws IOException {
    writer.write(JSON.writeValueAsString(step.toMap()) + "\n");
    writer.flush();
  }

  /** Forces the written lines to disk. */
  public void force() throws IOException {
    AtomicFile.force(file);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
