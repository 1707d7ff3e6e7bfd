package dev.whetstone.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** Files that appear under their name only when they are complete and on the disk. */
public final class AtomicFile {
  /** Writes a file's content to a stream, which the caller closes. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes {@code FILE.part} beside it, forces that to the disk and renames it over {@code file}.
   */
  public static void write(Path file, Content content) throws IOException {
    publish(file.resolveSibling(file.getFileName() + ".part"), file, content);
  }

  /** Writes a text in UTF-8, as {@link #write(Path, Content)} does. */
  public static void write(Path file, String text) throws IOException {
    write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes a text that only its owner may read, mode 0600, through a temporary name of its own. */
  public static void writePrivate(Path file, String text) throws IOException {
    writePrivate(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes what only its owner may read, as {@link #writePrivate(Path, String)} does. */
  public static void writePrivate(Path file, Content content) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path folder = file.toAbsolutePath().getParent();
    Path temporary = Files.createTempFile(folder, file.getFileName().toString(), ".part", mode);
    try {
      publish(temporary, file, content);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void publish(Path temporary, Path file, Content content) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 20)) {
      content.writeTo(out);
    }
    force(temporary);
    rename(temporary, file);
  }

  /** Renames, and forces the directory's entry of the new name to the disk. */
  static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    force(Objects.requireNonNull(to.toAbsolutePath().getParent()));
  }

  /** Forces a file's bytes and metadata, or a directory's entries, to the disk. */
  public static void force(Path path) throws IOException {
    var access = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, access)) {
      channel.force(true);
    }
  }
}
