package dev.whetstone.database.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.testing.PostgresFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts of damaged, copied and foreign data folders, which must never cost a vote. */
@Tag("process")
class EmbeddedServerTest {
  @TempDir Path home;

  @Test
  void aDamagedFolderIsNeitherInitialisedNorDoesItLoseItsPassword() throws Exception {
    Path folder = home.resolve("postgres");
    Path data = folder.resolve("data");
    EmbeddedServer server = EmbeddedServer.at(folder);
    execute(server.start(), "CREATE TABLE votes (vote INTEGER)");
    server.release();
    String password = Files.readString(folder.resolve("password"));
    Path version = data.resolve("PG_VERSION");
    Files.move(version, home.resolve("PG_VERSION"));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> EmbeddedServer.at(folder).start())
          .isInstanceOf(UnusableServerException.class)
          .hasMessageContaining("nothing is written to it");
    }

    assertThat(folder.resolve("password")).hasContent(password);
    assertThat(namesBelow(folder)).noneMatch(name -> name.startsWith("initdb"));
    Files.move(home.resolve("PG_VERSION"), version);
    EmbeddedServer again = EmbeddedServer.at(folder);
    execute(again.start(), "SELECT vote FROM votes");
    again.release();

    Files.writeString(version, "12\n");
    assertRefused(folder, "database files are incompatible with server");
    Files.writeString(version, "17\n");
    assertRefusedWithout(folder, "global/pg_control", "could not find the database system");
    assertRefusedWithout(folder, "pg_wal", "FATAL:");
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertRefused(folder, "has invalid permissions");
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));

    Files.writeString(data.resolve("postmaster.pid"), "garbage\n/x\n1\nmore\n\n");
    execute(again.start(), "SELECT vote FROM votes");

    copyBesideTheRunningOne(folder);
    again.release();
  }

  /** Moves a part of the server's files away for one start. */
  private void assertRefusedWithout(Path folder, String part, String words) throws IOException {
    Path missing = folder.resolve("data").resolve(part);
    Path aside = home.resolve("aside");
    Files.move(missing, aside);
    assertRefused(folder, words);
    Files.move(aside, missing);
  }

  /** PostgreSQL's own last words are told, and where its log is. */
  private static void assertRefused(Path folder, String words) {
    assertThatThrownBy(() -> EmbeddedServer.at(folder).start())
        .isInstanceOf(UnusableServerException.class)
        .hasMessageContaining(words)
        .hasMessageContaining(folder.resolve("log").toString());
  }

  /** A copy of a running home has its own server, and neither sees the other's rows. */
  private void copyBesideTheRunningOne(Path folder) throws Exception {
    Path copy = home.resolve("copy/postgres");
    copyTree(folder, copy);
    EmbeddedServer copied = EmbeddedServer.at(copy);
    ServerAddress address = copied.start();
    execute(address, "INSERT INTO votes VALUES (1)");
    assertThat(count(address)).isEqualTo(1);

    EmbeddedServer original = EmbeddedServer.at(folder);
    ServerAddress first = original.start();
    assertThat(first.jdbcUrl()).isNotEqualTo(address.jdbcUrl());
    assertThat(count(first)).isZero();
    original.release();
    assertThat(count(address)).isEqualTo(1);
    copied.release();
  }

  @Test
  void whatKilledStartsLeaveBehindIsRemoved() throws Exception {
    Path folder = home.resolve("postgres");
    for (String leftover : List.of("initdb123", "unpack456")) {
      Files.createDirectories(folder.resolve(leftover).resolve("inner"));
    }
    Files.createFile(folder.resolve("output789.txt"));

    EmbeddedServer server = EmbeddedServer.at(folder);
    server.start();
    server.release();

    assertThat(namesBelow(folder))
        .noneMatch(name -> name.matches("initdb.*|unpack.*|output.*"))
        .contains("data", "password");
  }

  @Test
  void itsProgramsAreUnpackedAgainWhenAFileIsGoneOrAnotherBuildCame() throws Exception {
    Path folder = home.resolve("postgres");
    EmbeddedServer server = EmbeddedServer.at(folder);
    Path programs = folder.resolve("postgresql");
    List<Path> libraries;
    try (Stream<Path> all = Files.walk(programs)) {
      libraries = all.filter(path -> path.toString().endsWith("plpgsql.so")).toList();
    }
    assertThat(libraries).hasSize(1);
    Path library = libraries.getFirst();
    server.start();
    Files.delete(library);

    EmbeddedServer.at(folder);

    assertThat(library).as("not below a running server").doesNotExist();
    server.release();
    EmbeddedServer.at(folder);
    assertThat(library).exists();

    Path contents = programs.resolve("contents");
    String own = Files.readString(contents);
    Files.writeString(contents, own.replaceFirst("[0-9a-f]{64}", "0".repeat(64)));
    EmbeddedServer.at(folder);
    assertThat(contents).hasContent(own);

    Files.writeString(contents, "");
    Files.writeString(folder.resolve("data/PG_VERSION"), "16\n");
    EmbeddedServer.at(folder);
    assertThat(contents).as("data of another major version keeps its programs").hasContent("");
  }

  @Test
  void aServerOfAnotherContainerIsNotStartedTwice() throws Exception {
    Path folder = home.resolve("postgres");
    EmbeddedServer server = EmbeddedServer.at(folder);
    server.start();
    server.release();
    String program =
        "import fcntl,sys,time; f=open(sys.argv[1],'a+'); fcntl.lockf(f, fcntl.LOCK_SH);"
            + " print('held', flush=True); time.sleep(60)";
    Process other =
        new ProcessBuilder("python3", "-c", program, folder.resolve("in-use").toString()).start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('h');

      assertThatThrownBy(() -> EmbeddedServer.at(folder).start())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("a data folder has one server only");
    } finally {
      other.destroyForcibly().waitFor();
    }
    EmbeddedServer again = EmbeddedServer.at(folder);
    again.start();
    new PostgresFaults(home).kill();
    again.start();
    again.release();
    startsAgainBesideALivingUser(folder, program);
  }

  /** A trainer that lives on does not keep the gateway from starting a killed server again. */
  private void startsAgainBesideALivingUser(Path folder, String program) throws Exception {
    Process trainer =
        new ProcessBuilder("python3", "-c", program, folder.resolve("in-use").toString()).start();
    try {
      assertThat(trainer.getInputStream().read()).isEqualTo('h');
      Files.writeString(
          folder.resolve("users/trainer"),
          trainer.pid() + " " + trainer.toHandle().info().startInstant().orElseThrow());
      EmbeddedServer gateway = EmbeddedServer.at(folder);

      gateway.start();

      gateway.release();
    } finally {
      trainer.destroyForcibly().waitFor();
    }
    EmbeddedServer last = EmbeddedServer.at(folder);
    last.start();
    last.release();
  }

  private static void execute(ServerAddress address, String sql) throws SQLException {
    try (Connection connection = connect(address);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int count(ServerAddress address) throws SQLException {
    try (Connection connection = connect(address);
        Statement statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT count(*) FROM votes")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static Connection connect(ServerAddress address) throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
  }

  private static List<String> namesBelow(Path folder) throws IOException {
    try (Stream<Path> content = Files.list(folder)) {
      return content.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static void copyTree(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    Files.delete(to);
    Process copy = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start();
    assertThat(copy.onExit().join().exitValue()).isZero();
  }
}
