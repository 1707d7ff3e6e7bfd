package dev.whetstone.database.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.OwnerAccess;
import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import dev.whetstone.testing.GoldenRows;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a database with rows in every table, into new databases of one server. */
@Tag("database")
class BackupTest {
  @TempDir static Path home;
  private static EmbeddedServer server;
  private static ServerAddress source;

  @BeforeAll
  static void fill() throws Exception {
    server = EmbeddedServer.at(home.resolve("postgres"));
    source = server.start();
    GoldenRows.fill(source);
  }

  @AfterAll
  static void stop() throws IOException {
    server.release();
  }

  @Test
  void everyRowComesBack(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("backup");
    Map<String, List<String>> rows = GoldenRows.rows(source);
    backUp(source, file);
    ServerAddress target = newDatabase("target");

    restore(target, file);

    assertThat(rows.get("preferences")).isNotEmpty();
    assertThat(GoldenRows.rows(target)).isEqualTo(rows);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (Database opened = new Database(DatabaseConfig.of(folder, url(target)))) {
      // goes on behind the numbers that were given
      opened.update("INSERT INTO audit (actor, action, subject) VALUES ('a', 'b', 'c')");
    }
    assertThatThrownBy(() -> restore(target, file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds rows already");
    assertThatThrownBy(() -> backUp(source, file)).isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void holdsOneMomentWhileOthersWrite(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("backup");
    ServerAddress busy = newDatabase("busy");
    GoldenRows.fill(busy);
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch wrote = new CountDownLatch(50);
    Thread writer = Thread.ofPlatform().start(() -> writeTwins(busy, wrote, done));
    try {
      assertThat(wrote.await(30, TimeUnit.SECONDS)).isTrue();
      backUp(busy, file);
    } finally {
      done.set(true);
      writer.join(10_000);
    }
    ServerAddress target = newDatabase("moment");

    restore(target, file);

    try (Connection connection = GoldenRows.connect(target)) {
      String difference =
          "SELECT (SELECT count(*) FROM audit WHERE actor = 'twin')"
              + " - (SELECT count(*) FROM rater_fronts WHERE pair_id = 'twin')";
      assertThat(GoldenRows.column(connection, difference)).containsExactly("0");
      assertThat(
              Integer.parseInt(
                  GoldenRows.column(connection, "SELECT count(*) FROM audit WHERE actor = 'twin'")
                      .getFirst()))
          .isGreaterThanOrEqualTo(50);
    }
  }

  /** Writes a row into a table that is read early and one that is read late, both or none. */
  private static void writeTwins(ServerAddress address, CountDownLatch wrote, AtomicBoolean done) {
    try (Connection connection = GoldenRows.connect(address);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (int i = 0; !done.get(); i++) {
        statement.execute("INSERT INTO audit (actor, action, subject) VALUES ('twin', 'x', 'y')");
        statement.execute(
            "INSERT INTO rater_fronts (overlap, created_at, pair_id) VALUES (%d, now(), 'twin')"
                .formatted(100 + i));
        connection.commit();
        wrote.countDown();
      }
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Test
  void whatIsNoWholeBackupChangesNothing(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("backup");
    backUp(source, file);
    byte[] whole = Files.readAllBytes(file);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length / 2));
    Path damaged = folder.resolve("damaged");
    copyWithOtherRows(file, damaged, "tables/audit");
    ServerAddress target = newDatabase("whole");

    assertThatThrownBy(() -> restore(target, cut))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no backup of Whetstone, or not a whole one");
    assertThatThrownBy(() -> restore(target, damaged))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the rows of audit are not those that were written");

    // a restore that broke off can be tried again
    restore(target, file);
    assertThat(GoldenRows.rows(target)).isEqualTo(GoldenRows.rows(source));
  }

  private static void copyWithOtherRows(Path from, Path to, String changed) throws IOException {
    try (ZipFile zip = new ZipFile(from.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry : zip.stream().toList()) {
        byte[] rows = zip.getInputStream(entry).readAllBytes();
        if (entry.getName().equals(changed)) {
          rows[0] = '9';
        }
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(rows);
        out.closeEntry();
      }
    }
  }

  @Test
  void ordersTablesBehindThoseTheyReferTo() {
    assertThat(
            TableCatalogue.order(
                List.of("a", "b", "c"), List.of(List.of("a", "b"), List.of("b", "c"))))
        .containsExactly("c", "b", "a");
    assertThatThrownBy(
            () ->
                TableCatalogue.order(
                    List.of("a", "b"), List.of(List.of("a", "b"), List.of("b", "a"))))
        .hasMessageContaining("circle");
  }

  private static ServerAddress newDatabase(String name) throws SQLException {
    try (Connection connection = GoldenRows.connect(source);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return new ServerAddress(
        source.jdbcUrl().replaceAll("/postgres$", "/" + name), source.user(), source.password());
  }

  private static String url(ServerAddress address) {
    return address.jdbcUrl() + "?user=" + address.user() + "&password=" + address.password();
  }

  private static void backUp(ServerAddress address, Path file) throws Exception {
    try (OwnerAccess access = OwnerAccess.open(DatabaseConfig.of(home, url(address)))) {
      new Backup(access, "test", InstantSource.system()).write(file);
    }
  }

  private static void restore(ServerAddress address, Path file) throws Exception {
    try (OwnerAccess access = OwnerAccess.open(DatabaseConfig.of(home, url(address)))) {
      new Restore(access).read(file);
    }
  }
}
