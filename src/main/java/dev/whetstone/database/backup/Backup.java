package dev.whetstone.database.backup;

import dev.whetstone.database.OwnerAccess;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** Writes all rows of a database into one file, also while others write to it. */
public final class Backup {
  private final OwnerAccess database;
  private final String program;
  private final InstantSource clock;

  /**
   * @param program the version of Whetstone that writes, for people
   */
  public Backup(OwnerAccess database, String program, InstantSource clock) {
    this.database = database;
    this.program = program;
    this.clock = clock;
  }

  /**
   * Writes a file that only its owner may read; it appears when it is whole.
   *
   * @throws FileAlreadyExistsException when there is such a file
   * @throws IOException when the database holds no Whetstone, or the file cannot be written
   */
  public BackupManifest write(Path file) throws IOException, SQLException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    List<String> versions = database.appliedVersions();
    if (versions.isEmpty()) {
      throw new IOException("the database holds nothing of Whetstone, so there is no backup of it");
    }
    List<BackupManifest> written = new ArrayList<>();
    try (Connection connection = database.connect()) {
      // one view of all tables, which blocks no one
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setReadOnly(true);
      AtomicFile.writePrivate(file, out -> written.add(write(connection, versions, out)));
      connection.rollback();
    } catch (CopyFailedException failed) {
      throw failed.failure;
    }
    return written.getFirst();
  }

  private BackupManifest write(Connection connection, List<String> versions, OutputStream out)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      List<BackupManifest.Table> tables = new ArrayList<>();
      for (Map.Entry<String, List<String>> table : TableCatalogue.columns(connection).entrySet()) {
        tables.add(copy(connection, table.getKey(), table.getValue(), zip));
      }
      BackupManifest manifest =
          new BackupManifest(
              BackupManifest.FORMAT,
              program,
              clock.instant().toString(),
              versions,
              tables,
              // Read last: a number that was given meanwhile is not given again.
              TableCatalogue.sequences(connection));
      zip.putNextEntry(new ZipEntry(BackupManifest.ENTRY));
      manifest.write(zip);
      zip.closeEntry();
      return manifest;
    } catch (SQLException failed) {
      throw new CopyFailedException(failed);
    }
  }

  private static BackupManifest.Table copy(
      Connection connection, String name, List<String> columns, ZipOutputStream zip)
      throws IOException, SQLException {
    BackupManifest.Table table = new BackupManifest.Table(name, columns, 0, "");
    zip.putNextEntry(new ZipEntry(table.entry()));
    MessageDigest digest = Sha256.digest();
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    // not closed: the archive goes on
    long rows = copies.copyOut(table.copy("TO STDOUT"), new DigestOutputStream(zip, digest));
    zip.closeEntry();
    return new BackupManifest.Table(name, columns, rows, Sha256.hex(digest));
  }

  /** Carries a failure of the database through the writing of a file. */
  private static final class CopyFailedException extends IOException {
    private final SQLException failure;

    CopyFailedException(SQLException failure) {
      super(failure);
      this.failure = failure;
    }
  }
}
