package dev.whetstone.database.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;

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
  /** A manifest's names and hashes; far more than a schema's tables take. */
  private static final int MAX_BYTES = 1 << 20;

  static final int FORMAT = 1;
  static final String ENTRY = "manifest.json";
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  /** Checks that nothing is missing: a file may hold anything. */
  public BackupManifest {
    schema = List.copyOf(schema);
    tables = List.copyOf(tables);
    sequences = List.copyOf(sequences);
    Objects.requireNonNull(whetstone, "whetstone");
  }

  /**
   * A table's rows.
   *
   * @param columns in the order of the file
   * @param sha256 of the rows as they stand in the file
   */
  public record Table(String name, List<String> columns, long rows, String sha256) {
    public Table {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(sha256, "sha256");
      columns = List.copyOf(columns);
    }

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
  public record Sequence(String table, String column, long last, boolean called) {
    public Sequence {
      Objects.requireNonNull(table, "table");
      Objects.requireNonNull(column, "column");
    }
  }

  /** Rows of all tables. */
  public long rows() {
    return tables.stream().mapToLong(Table::rows).sum();
  }

  void write(OutputStream out) throws IOException {
    out.write(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
  }

  static BackupManifest read(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new IOException("the manifest is longer than " + MAX_BYTES + " bytes");
    }
    BackupManifest manifest = MAPPER.readValue(bytes, BackupManifest.class);
    if (manifest == null) {
      throw new IOException("the manifest is null");
    }
    return manifest;
  }
}
