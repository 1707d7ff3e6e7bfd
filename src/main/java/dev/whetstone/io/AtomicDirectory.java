package dev.whetstone.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** Whole folders that appear under their name only when they are complete. */
public final class AtomicDirectory {
  private AtomicDirectory() {}

  /** Removes a folder and all it holds; one that is not there is no error. */
  public static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** Forces a folder's files to the disk and gives it its name. */
  public static void publish(Path aside, Path folder) throws IOException {
    try (Stream<Path> files = Files.list(aside)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        AtomicFile.force(file);
      }
    }
    Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
  }
}
