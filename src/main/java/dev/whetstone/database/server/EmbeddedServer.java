package dev.whetstone.database.server;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.LockFile;
import dev.whetstone.io.Ports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL on this machine, on a loopback port, with fsync and synchronous_commit on. Processes
 * share it: the first one starts it, the last one stops it. A server that is still running from an
 * earlier process is joined; one that was killed recovers from its write-ahead log.
 *
 * <p>Nothing is initialised over files, and the password is never written anew. Each user holds a
 * lock on {@code in-use} that the operating system ends with it: a process that cannot see another
 * one's server, because it is in another container, sees the lock and starts none.
 */
public final class EmbeddedServer {
  private static final String USER = "whetstone";
  private static final String NEW_DATA = "initdb";
  private static final String OUTPUT = "output";
  private static final List<String> LEFTOVERS = List.of(NEW_DATA, OUTPUT, PostgresBinaries.UNPACK);
  private static final long MAX_LOG_BYTES = 10L << 20;

  /** What PostgreSQL says of a data folder that no second try makes better. */
  private static final List<String> PERMANENT =
      List.of(
          "database files are incompatible",
          "is not a valid data directory",
          "has invalid permissions",
          "has wrong ownership",
          "could not find the database system",
          "could not locate a valid checkpoint record",
          "could not open file \"global/pg_control\"",
          "incorrect checksum in control file",
          "required WAL directory");

  /** What unshare says where it may not make a user namespace, or may not map users into it. */
  private static final Pattern NO_NAMESPACE =
      Pattern.compile(
          "unshare: (?:unshare failed|write failed /proc/self/[ug]id_map|cannot open /proc/self/)"
              + "|unshare failed");

  private static final int TIMEOUT_SECONDS = 60;
  private static final int PID_FILE_LINES = 4;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Path directory;
  private final Path data;
  private final Path binaries;
  private final ServerLog log;

  private final ServerReferenceCount users;
  private @Nullable SharedLock use;

  private EmbeddedServer(Path directory, Path binaries) {
    this.users = new ServerReferenceCount(directory.resolve("users"));
    this.directory = directory;
    this.data = directory.resolve("data");
    this.log = new ServerLog(directory);
    this.binaries = binaries;
  }

  /** Unpacks PostgreSQL below a directory where it is missing; starts nothing. */
  public static EmbeddedServer at(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (LockFile _ = lock(directory)) {
      removeLeftovers(directory);
      Path binaries = directory.resolve("postgresql");
      EmbeddedServer server = new EmbeddedServer(directory, binaries);
      boolean used =
          server.runningPort().isPresent()
              || SharedLock.isHeldByAnotherProcess(directory.resolve("in-use"));
      PostgresBinaries.unpack(binaries, used, server.data.resolve("PG_VERSION"));
      return server;
    }
  }

  /** Starts the server unless it runs, counts this user, and returns the server's address. */
  public ServerAddress start() throws IOException {
    try (LockFile _ = lock(directory)) {
      if (!Files.exists(data.resolve("PG_VERSION"))) {
        initialise();
      }
      Optional<Integer> running = runningPort();
      ServerAddress address = address(running.isPresent() ? running.get() : launch());
      users.add();
      if (use == null) {
        use = SharedLock.take(directory.resolve("in-use"));
      }
      return address;
    }
  }

  /** Ends this use; stops the server, after a checkpoint, unless another process uses it. */
  public void release() throws IOException {
    if (use == null) {
      return;
    }
    try (LockFile _ = lock(directory)) {
      if (users.removeAndTestLast() && runningPort().isPresent()) {
        pgCtl("stop", "-m", "fast");
      }
      SharedLock held = use;
      use = null;
      if (held != null) {
        held.close();
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
    requireNothing(data);
    Path password = directory.resolve("password");
    if (!Files.exists(password)) {
      byte[] secret = new byte[24];
      new SecureRandom().nextBytes(secret);
      AtomicFile.writePrivate(password, HexFormat.of().formatHex(secret) + "\n");
    }
    Path fresh = Files.createTempDirectory(directory, NEW_DATA);
    execute(
        "initialise its data folder",
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

  /** Refuses to begin anew where something of an earlier database is left. */
  private static void requireNothing(Path data) throws IOException {
    if (!Files.exists(data)) {
      return;
    }
    try (Stream<Path> content = Files.list(data)) {
      if (content.findAny().isPresent()) {
        throw new UnusableServerException(
            data
                + " holds files but no PG_VERSION, so it is a damaged or half-restored database;"
                + " nothing is written to it. Restore it as a whole, or move it away to begin with"
                + " an empty one");
      }
    }
    Files.delete(data);
  }

  /** What processes leave behind that were killed while they prepared a server. */
  private static void removeLeftovers(Path directory) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> content = Files.list(directory)) {
      leftovers =
          content
              .filter(
                  path -> LEFTOVERS.stream().anyMatch(path.getFileName().toString()::startsWith))
              .toList();
    }
    for (Path leftover : leftovers) {
      AtomicDirectory.deleteTree(leftover);
    }
  }

  private int launch() throws IOException {
    // One that takes part itself knows that the server was its own. Of others it must see the
    // process.
    if (use == null
        && !users.othersAlive()
        && SharedLock.isHeldByAnotherProcess(directory.resolve("in-use"))) {
      throw new IOException(
          data
              + " is in use by a process that this one cannot see, such as one in another"
              + " container; a data folder has one server only");
    }
    awaitOrphans();
    log.bound(MAX_LOG_BYTES);
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
    pgCtl("start", "-l", log.file().toString(), "-o", options);
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
    execute(verb, command);
  }

  // postmaster.pid outlives a killed server, its process id may now belong to another program, and
  // that of a copied folder names the original's server.
  private Optional<Integer> runningPort() throws IOException {
    Path file = data.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    if (lines.size() < PID_FILE_LINES) {
      return Optional.empty();
    }
    try {
      long pid = Long.parseLong(lines.get(0).strip());
      int port = Integer.parseInt(lines.get(3).strip());
      boolean ours =
          ProcessHandle.of(pid)
                  .flatMap(process -> process.info().command())
                  .filter(command -> command.endsWith("/postgres"))
                  .isPresent()
              && servesThisFolder(pid, lines.get(1).strip());
      return ours ? Optional.of(port) : Optional.empty();
    } catch (NumberFormatException damaged) {
      return Optional.empty();
    }
  }

  /** Whether a server works in this data folder, which is its working directory. */
  private boolean servesThisFolder(long pid, String folderInPidFile) throws IOException {
    Path working = Path.of("/proc", Long.toString(pid), "cwd");
    return Files.exists(working)
        ? Files.isSameFile(working, data)
        : Path.of(folderInPidFile).equals(data.toRealPath());
  }

  // PostgreSQL does not run as root. In a new user namespace it runs as nobody and still owns
  // root's files.
  private void execute(String deed, List<String> command) throws IOException {
    List<String> full = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      full.addAll(List.of("unshare", "-U"));
    }
    full.addAll(command);
    Path output = Files.createTempFile(directory, OUTPUT, ".txt");
    long logged = log.size();
    try {
      ProcessBuilder builder =
          new ProcessBuilder(full).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      Process process = builder.start();
      if (!process.waitFor(TIMEOUT_SECONDS + 30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      if (process.waitFor() != 0) {
        throw failure(deed, Files.readString(output).strip(), logged);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting or stopping PostgreSQL", interrupted);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private IOException failure(String deed, String output, long logged) throws IOException {
    if (isNamespaceRefused(output)) {
      return new UnusableServerException(
          "PostgreSQL does not run as root, and this system permits no user namespace to run it in"
              + " as another user: start Whetstone as another user, or set WHETSTONE_DATABASE_URL");
    }
    if (output.contains("could not look up effective user ID")) {
      return new UnusableServerException(
          "PostgreSQL does not run as a user that the system does not know: start Whetstone as a"
              + " user of /etc/passwd, or set WHETSTONE_DATABASE_URL");
    }
    String fatal = log.lastWord(logged);
    if (fatal == null) {
      return new IOException(
          "PostgreSQL could not " + deed + ": " + output + " (log: " + log.file() + ")");
    }
    String message = "PostgreSQL could not " + deed + ": " + fatal + " (log: " + log.file() + ")";
    return PERMANENT.stream().anyMatch(fatal::contains)
        ? new UnusableServerException(message)
        : new IOException(message);
  }

  /** Whether the system refused the namespace that root needs, by what the command wrote. */
  static boolean isNamespaceRefused(String output) {
    return NO_NAMESPACE.matcher(output).find();
  }

  /** Held while the server starts or stops, so that two processes never start it. */
  private static LockFile lock(Path directory) throws IOException {
    return LockFile.acquire(directory.resolve("lock"));
  }
}
