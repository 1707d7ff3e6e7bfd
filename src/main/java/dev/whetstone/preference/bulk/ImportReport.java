package dev.whetstone.preference.bulk;

import java.util.List;

/**
 * What became of a file.
 *
 * @param lines lines that were not blank
 * @param imported lines that are new in the log
 * @param skipped lines that were there already
 * @param rejected lines that cannot be imported
 * @param errors the first of those
 */
public record ImportReport(
    String importId, long lines, long imported, long skipped, long rejected, List<BadLine> errors) {
  /**
   * A line that was left out.
   *
   * @param line its number, from 1
   */
  public record BadLine(long line, String detail) {}
}
