package dev.whetstone.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories that appear under their name only when they are complete. */
public final class AtomicDirectory {
  private AtomicDirectory() {}

  /** Deletes a directory and everything below it; does nothing when it does not exist. */
  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /**
   * Forces the files directly in {@code temporary} to the disk and renames it to {@code directory},
   * atomically; both are on one file system.
   */
  public static void publish(Path temporary, Path directory) throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        AtomicFile.force(file);
      }
    }
    AtomicFile.force(temporary);
    AtomicFile.rename(temporary, directory);
  }
}
