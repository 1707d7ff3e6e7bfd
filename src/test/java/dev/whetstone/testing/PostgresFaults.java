package dev.whetstone.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** Injects faults into the embedded PostgreSQL of a data directory. */
public final class PostgresFaults {
  private final Path home;

  public PostgresFaults(Path home) {
    this.home = home;
  }

  /** kill -9 of the server and its sessions. */
  public void kill() throws IOException {
    List<ProcessHandle> all = processes();
    all.forEach(ProcessHandle::destroyForcibly);
    all.getFirst().onExit().join();
  }

  /**
   * Looks up the processes, which takes a while, and returns a task that kills them immediately.
   */
  public Runnable prepareKill() throws IOException {
    List<ProcessHandle> all = processes();
    return () -> all.forEach(ProcessHandle::destroyForcibly);
  }

  /** Kills it and keeps it from starting until {@link #makeAvailable}. */
  public void makeUnavailable() throws IOException {
    // not moved away: what is gone of the server's programs is unpacked again
    Files.setPosixFilePermissions(pgCtl(), PosixFilePermissions.fromString("rw-r--r--"));
    kill();
  }

  public void makeAvailable() throws IOException {
    Files.setPosixFilePermissions(pgCtl(), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Suspends it: connections stay open but get no answer until {@link #resume}. */
  public void suspend() throws IOException, InterruptedException {
    List<ProcessHandle> listed;
    do {
      listed = processes();
      signal("-STOP");
      // a session that was forked after the list was made would go on answering
    } while (!listed.containsAll(processes()));
  }

  public void resume() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private Path pgCtl() {
    return home.resolve("postgres/postgresql/bin/pg_ctl");
  }

  private void signal(String signal) throws IOException, InterruptedException {
    Stream<String> ids = processes().stream().map(process -> Long.toString(process.pid()));
    List<String> command = Stream.concat(Stream.of("kill", signal), ids).toList();
    new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  /** The server and its sessions. */
  private List<ProcessHandle> processes() throws IOException {
    Path file = home.resolve("postgres/data/postmaster.pid");
    long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
    ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
    return Stream.concat(Stream.of(server), server.descendants()).toList();
  }
}
