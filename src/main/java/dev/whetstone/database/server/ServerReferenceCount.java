package dev.whetstone.database.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Counts the users of the embedded server: a folder with a file for each, holding its process id
 * and that process's start time. Both together detect killed processes, so that none of them keeps
 * the server running. Callers hold the server's lock.
 */
final class ServerReferenceCount {
  private final Path folder;
  private final Path ownFile;

  ServerReferenceCount(Path folder) {
    this.folder = folder;
    this.ownFile = folder.resolve(UUID.randomUUID().toString());
  }

  /** Adds this user. */
  void add() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(ownFile, describe(ProcessHandle.current()));
  }

  /** Whether a living process that this one can see is a user. */
  boolean othersAlive() throws IOException {
    if (!Files.exists(folder)) {
      return false;
    }
    try (Stream<Path> all = Files.list(folder)) {
      for (Path other : all.toList()) {
        if (!other.equals(ownFile) && isAlive(Files.readString(other))) {
          return true;
        }
      }
      return false;
    }
  }

  /** Removes this user; true when no living process is left. */
  boolean removeAndTestLast() throws IOException {
    Files.deleteIfExists(ownFile);
    if (!Files.exists(folder)) {
      return true;
    }
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> others = all.toList();
      boolean last = true;
      for (Path other : others) {
        if (isAlive(Files.readString(other))) {
          last = false;
        } else {
          Files.delete(other);
        }
      }
      return last;
    }
  }

  private static boolean isAlive(String user) {
    int space = user.indexOf(' ');
    return space > 0
        && ProcessHandle.of(Long.parseLong(user.substring(0, space)))
            .filter(process -> describe(process).equals(user))
            .isPresent();
  }

  private static String describe(ProcessHandle process) {
    return process.pid() + " " + process.info().startInstant().orElse(Instant.EPOCH);
  }
}
