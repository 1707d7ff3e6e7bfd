package dev.whetstone.database.server;

import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.LockFile;
import dev.whetstone.io.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * PostgreSQL on this machine, on a loopback port, with fsync and synchronous_commit on. Processes
 * share it: the first one starts it, the last one stops it. A server that is still running from an
 * earlier process is joined; one that was killed recovers from its write-ahead log.
 */
public final class EmbeddedServer {
  private static final String USER = "whetstone";
  private static final int TIMEOUT_SECONDS = 60;
  private static final int PID_FILE_LINES = 4;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Path directory;
  private final Path data;
  private final Path binaries;

  private final ServerReferenceCount users;

  private EmbeddedServer(Path directory, Path binaries) {
    this.users = new ServerReferenceCount(directory.resolve("users"));
    this.directory = directory;
    this.data = directory.resolve("data");
    this.binaries = binaries;
  }

  /** Unpacks PostgreSQL below a directory where it is missing; starts nothing. */
  public static EmbeddedServer at(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (LockFile _ = lock(directory)) {
      return new EmbeddedServer(
          directory, PostgresBinaries.unpack(directory.resolve("postgresql")));
    }
  }

  /** Starts the server unless it runs, counts this user, and returns the server's address. */
  public ServerAddress start() throws IOException {
    try (LockFile _ = lock(directory)) {
      if (!Files.exists(data.resolve("PG_VERSION"))) {
        initialise();
      }
      users.add();
      Optional<Integer> running = runningPort();
      return address(running.isPresent() ? running.get() : launch());
    }
  }

  /** Ends this use; stops the server, after a checkpoint, unless another process uses it. */
  public void release() throws IOException {
    try (LockFile _ = lock(directory)) {
      if (users.removeAndTestLast() && runningPort().isPresent()) {
        pgCtl("stop", "-m", "fast");
      }
    }
  }

  private ServerAddress address(int port) throws IOException {
    return new ServerAddress(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
        USER,
        Files.readString(directory.resolve("password")).strip());
  }

  private void initialise() throws IOException {
    Path password = directory.resolve("password");
    byte[] secret = new byte[24];
    new SecureRandom().nextBytes(secret);
    AtomicFile.writePrivate(password, HexFormat.of().formatHex(secret) + "\n");
    Path fresh = Files.createTempDirectory(directory, "initdb");
    execute(
        List.of(
            binaries.resolve("bin/initdb").toString(),
            "--pgdata=" + fresh,
            "--username=" + USER,
            "--pwfile=" + password,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C"));
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
  }

  private int launch() throws IOException {
    awaitOrphans();
    Files.deleteIfExists(data.resolve("postmaster.pid"));
    int port = Ports.free();
    String options =
        String.join(
            " ",
            "-p " + port,
            "-c listen_addresses=127.0.0.1",
            "-c unix_socket_directories=''",
            "-c fsync=on",
            "-c synchronous_commit=on",
            "-c full_page_writes=on",
            "-c max_connections=200",
            "-c shared_buffers=64MB",
            "-c timezone=UTC",
            "-c log_checkpoints=off");
    pgCtl("start", "-l", directory.resolve("log").toString(), "-o", options);
    return port;
  }

  // Without the pid file PostgreSQL cannot detect that sessions of a killed server still use its
  // shared memory. They end by themselves once they notice that the server is gone.
  private void awaitOrphans() throws IOException {
    String program = binaries.toRealPath().resolve("bin/postgres").toString();
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (ProcessHandle.allProcesses()
        .anyMatch(process -> process.info().command().filter(program::equals).isPresent())) {
      if (System.nanoTime() > limit) {
        throw new IOException(
            "sessions of a killed PostgreSQL in " + data + " do not end; end them and try again");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private void pgCtl(String verb, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(binaries.resolve("bin/pg_ctl").toString());
    command.addAll(
        List.of(verb, "-w", "-s", "-t", Integer.toString(TIMEOUT_SECONDS), "-D", data.toString()));
    command.addAll(List.of(arguments));
    execute(command);
  }

  // postmaster.pid outlives a killed server, and its process id may now belong to another program.
  private Optional<Integer> runningPort() throws IOException {
    Path file = data.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < PID_FILE_LINES) {
      return Optional.empty();
    }
    boolean alive =
        ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
            .flatMap(process -> process.info().command())
            .filter(command -> command.endsWith("/postgres"))
            .isPresent();
    return alive ? Optional.of(Integer.parseInt(lines.get(3).strip())) : Optional.empty();
  }

  // PostgreSQL does not run as root. In a new user namespace it runs as nobody and still owns
  // root's files.
  private void execute(List<String> command) throws IOException {
    List<String> full = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      full.addAll(List.of("unshare", "-U"));
    }
    full.addAll(command);
    Path output = Files.createTempFile(directory, "output", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(full).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      Process process = builder.start();
      if (!process.waitFor(TIMEOUT_SECONDS + 30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      if (process.waitFor() != 0) {
        throw new IOException(
            "PostgreSQL did not " + command.get(1) + ": " + Files.readString(output).strip());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting or stopping PostgreSQL", interrupted);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** Held while the server starts or stops, so that two processes never start it. */
  private static LockFile lock(Path directory) throws IOException {
    return LockFile.acquire(directory.resolve("lock"));
  }
}
