package dev.whetstone.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Rows as lines of JSON. */
public final class LabFile {
  private final JsonLines<LabRow> lines;

  public LabFile(Path file) {
    this.lines = new JsonLines<>(file, LabRow.class, "a row of the lab");
  }

  /**
   * All rows, in the order in which they were written; none when there is no file.
   *
   * @throws IOException naming a line that is not a row
   */
  public List<LabRow> rows() throws IOException {
    return lines.read();
  }

  /** Whether a start was played to its end. */
  public boolean has(String scenario, long seed) throws IOException {
    return rows().stream()
        .anyMatch(
            row -> row.scenario().equals(scenario) && row.seed() == seed && row.failed() == null);
  }

  /** Appends a row, on the disk when this returns. */
  public void append(LabRow row) throws IOException {
    lines.append(row);
  }

  /** A row as its line. */
  public static String json(LabRow row) throws IOException {
    return JsonLines.json(row);
  }
}
