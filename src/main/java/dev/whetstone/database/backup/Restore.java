package dev.whetstone.database.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.whetstone.database.OwnerAccess;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Reads a backup into a new database. All rows come in one transaction, so a restore that breaks
 * off leaves an empty schema, into which it can be tried again.
 */
public final class Restore {
  /** Tables that the migrations put rows into. */
  private static final Set<String> SEEDED =
      Set.of("rater_fronts", "reference_generation", "pair_secret");

  private final OwnerAccess database;

  public Restore(OwnerAccess database) {
    this.database = database;
  }

  /**
   * Restores a file.
   *
   * @throws IOException when it is no whole backup or of a newer version, or the database is not
   *     new
   */
  public BackupManifest read(Path file) throws IOException, SQLException {
    BackupManifest manifest = verify(file);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      requireKnown(manifest);
      requireNew(manifest);
      database.migrateTo(manifest.schema().getLast());
      try (Connection connection = database.connect()) {
        load(connection, zip, manifest);
      }
      return manifest;
    }
  }

  /**
   * Reads a file to its end, and finds out whether it holds what was written.
   *
   * @throws IOException when it is no whole backup, or has a format that is not known
   */
  public static BackupManifest verify(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      BackupManifest manifest = manifest(file, zip);
      for (BackupManifest.Table table : manifest.tables()) {
        verify(zip, table);
      }
      return manifest;
    } catch (ZipException | EOFException damaged) {
      throw new IOException(file + " is no backup of Whetstone, or not a whole one", damaged);
    }
  }

  private static void verify(ZipFile zip, BackupManifest.Table table) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (InputStream in = new DigestInputStream(rows(zip, table), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    if (!Sha256.hex(digest).equals(table.sha256())) {
      throw damaged(table);
    }
  }

  private static InputStream rows(ZipFile zip, BackupManifest.Table table) throws IOException {
    ZipEntry entry = zip.getEntry(table.entry());
    if (entry == null) {
      throw new IOException("the backup is not whole: it lacks the rows of " + table.name());
    }
    return zip.getInputStream(entry);
  }

  private static IOException damaged(BackupManifest.Table table) {
    return new IOException(
        "the backup is damaged: the rows of " + table.name() + " are not those that were written");
  }

  private static BackupManifest manifest(Path file, ZipFile zip) throws IOException {
    ZipEntry entry = zip.getEntry(BackupManifest.ENTRY);
    if (entry == null) {
      throw new IOException(file + " is no backup of Whetstone: it has no manifest");
    }
    BackupManifest manifest;
    try (InputStream in = zip.getInputStream(entry)) {
      manifest = BackupManifest.read(in);
    } catch (JsonProcessingException unreadable) {
      throw new IOException(file + " has a manifest that cannot be read", unreadable);
    }
    if (manifest.format() != BackupManifest.FORMAT) {
      throw new IOException(
          file + " has format " + manifest.format() + ", which this version does not read");
    }
    return manifest;
  }

  private void requireKnown(BackupManifest manifest) throws IOException {
    List<String> known = database.knownVersions();
    List<String> held = manifest.schema();
    if (held.isEmpty() || !known.containsAll(held)) {
      throw new IOException(
          "the backup was made by Whetstone %s, whose schema is newer than this version's; restore"
                  .formatted(manifest.whetstone())
              + " it with that version or a later one");
    }
    // Migrations in between would meet rows that they were not run on.
    List<String> made = known.subList(0, known.indexOf(held.getLast()) + 1);
    if (!Set.copyOf(held).equals(Set.copyOf(made))) {
      throw new IOException(
          "the backup was made by Whetstone %s, whose schema lacks parts of this one; restore it"
                  .formatted(manifest.whetstone())
              + " with that version, then start this one");
    }
  }

  private void requireNew(BackupManifest manifest) throws IOException, SQLException {
    List<String> applied = database.appliedVersions();
    if (!manifest.schema().containsAll(applied)) {
      throw new IOException(
          "the database has a newer schema than the backup; a backup is restored into a new"
              + " database: make one, or, for the embedded server, move WHETSTONE_HOME/postgres"
              + " away");
    }
    if (applied.isEmpty()) {
      return;
    }
    try (Connection connection = database.connect()) {
      for (String table : TableCatalogue.columns(connection).keySet()) {
        boolean held =
            Sql.first(
                    connection,
                    row -> true,
                    "SELECT 1 FROM public." + BackupManifest.Table.quote(table) + " LIMIT 1")
                .orElse(false);
        if (held && !SEEDED.contains(table)) {
          throw new IOException(
              "the database holds rows already (in %s); a backup is restored into a new one: make"
                      .formatted(table)
                  + " one, or, for the embedded server, move WHETSTONE_HOME/postgres away");
        }
      }
    }
  }

  private static void load(Connection connection, ZipFile zip, BackupManifest manifest)
      throws IOException, SQLException {
    requireSameTables(connection, manifest);
    connection.setAutoCommit(false);
    String all =
        manifest.tables().stream()
            .map(table -> "public." + BackupManifest.Table.quote(table.name()))
            .collect(Collectors.joining(", "));
    Sql.update(connection, "TRUNCATE " + all);
    for (BackupManifest.Table table : manifest.tables()) {
      load(connection, zip, table);
    }
    for (BackupManifest.Sequence sequence : manifest.sequences()) {
      Sql.first(
          connection,
          row -> row.getLong(1),
          "SELECT setval(pg_get_serial_sequence(quote_ident(?), ?), ?, ?)",
          sequence.table(),
          sequence.column(),
          sequence.last(),
          sequence.called());
    }
    connection.commit();
    connection.setAutoCommit(true);
    Sql.update(connection, "ANALYZE");
  }

  // What a damaged manifest names goes into statements.
  private static void requireSameTables(Connection connection, BackupManifest manifest)
      throws IOException, SQLException {
    var columns = TableCatalogue.columns(connection);
    List<String> unknown = new ArrayList<>();
    for (BackupManifest.Table table : manifest.tables()) {
      List<String> known = columns.get(table.name());
      if (known == null || !known.containsAll(table.columns())) {
        unknown.add(table.name());
      }
    }
    if (!unknown.isEmpty() || manifest.tables().size() != columns.size()) {
      throw new IOException(
          "the backup's tables are not those of its schema: " + String.join(", ", unknown));
    }
  }

  private static void load(Connection connection, ZipFile zip, BackupManifest.Table table)
      throws IOException, SQLException {
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    long rows;
    try (InputStream in = rows(zip, table)) {
      rows = copies.copyIn(table.copy("FROM STDIN"), in);
    }
    if (rows != table.rows()) {
      throw damaged(table);
    }
  }
}
