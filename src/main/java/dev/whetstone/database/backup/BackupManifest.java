package dev.whetstone.database.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * What a backup holds.
 *
 * @param format of the file, 1
 * @param whetstone the version of the program that wrote it
 * @param createdAt ISO 8601
 * @param schema the versions of the schema that the database had, in order
 * @param tables in the order in which they are restored
 * @param sequences the next numbers
 */
public record BackupManifest(
    int format,
    String whetstone,
    String createdAt,
    List<String> schema,
    List<Table> tables,
    List<Sequence> sequences) {
  static final int FORMAT = 1;
  static final String ENTRY = "manifest.json";
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  /**
   * A table's rows.
   *
   * @param columns in the order of the file
   * @param sha256 of the rows as they stand in the file
   */
  public record Table(String name, List<String> columns, long rows, String sha256) {
    String entry() {
      return "tables/" + name;
    }

    /** The statement that writes the rows, or reads them. */
    String copy(String direction) {
      return "COPY public.%s (%s) %s"
          .formatted(
              quote(name),
              String.join(", ", columns.stream().map(Table::quote).toList()),
              direction);
    }

    static String quote(String name) {
      return '"' + name.replace("\"", "\"\"") + '"';
    }
  }

  /**
   * What a column of numbers goes on from.
   *
   * @param called whether {@code last} was given already
   */
  public record Sequence(String table, String column, long last, boolean called) {}

  /** Rows of all tables. */
  public long rows() {
    return tables.stream().mapToLong(Table::rows).sum();
  }

  void write(OutputStream out) throws IOException {
    out.write(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
  }

  static BackupManifest read(InputStream in) throws IOException {
    return MAPPER.readValue(in, BackupManifest.class);
  }
}
