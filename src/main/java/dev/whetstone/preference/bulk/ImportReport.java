package dev.whetstone.preference.bulk;

import java.util.List;

/**
 * The result of an import.
 *
 * @param lines non-blank lines
 * @param imported lines that were added to the log
 * @param skipped lines that the log had already
 * @param rejected lines that are invalid
 * @param errors the first invalid lines
 */
public record ImportReport(
    String importId, long lines, long imported, long skipped, long rejected, List<BadLine> errors) {
  /**
   * An invalid line.
   *
   * @param line its number, from 1
   */
  public record BadLine(long line, String detail) {}
}
