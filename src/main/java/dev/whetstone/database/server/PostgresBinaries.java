package dev.whetstone.database.server;

import dev.whetstone.io.AtomicDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** PostgreSQL's binaries, unpacked once from the zonky archive on the class path. */
final class PostgresBinaries {
  private static final Set<PosixFilePermission> EXECUTABLE =
      PosixFilePermissions.fromString("rwxr-xr-x");

  /** Begins the names of folders that are being unpacked. */
  static final String UNPACK = "unpack";

  private PostgresBinaries() {}

  /** Unpacks beside {@code target} and renames, so that a partly unpacked folder is never used. */
  static Path unpack(Path target) throws IOException {
    if (Files.isExecutable(target.resolve("bin/postgres"))) {
      return target;
    }
    Files.createDirectories(target.toAbsolutePath().getParent());
    Path temporary = Files.createTempDirectory(target.toAbsolutePath().getParent(), UNPACK);
    Files.setPosixFilePermissions(temporary, EXECUTABLE);
    try (InputStream packed = archive();
        TarArchiveInputStream tar =
            new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(packed)))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        write(temporary, entry, tar);
      }
    }
    AtomicDirectory.deleteTree(target);
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    return target;
  }

  private static void write(Path root, TarArchiveEntry entry, InputStream content)
      throws IOException {
    Path file = root.resolve(entry.getName()).normalize();
    if (!file.startsWith(root)) {
      throw new IOException(
          "the PostgreSQL archive has a path outside its root: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Files.createDirectories(file.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(content, file);
    if ((entry.getMode() & 0100) != 0) {
      Files.setPosixFilePermissions(file, EXECUTABLE);
    }
  }

  private static InputStream archive() throws IOException {
    String machine =
        switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
          case "aarch64", "arm64" -> "arm_64";
          default -> "x86_64";
        };
    String system =
        System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")
            ? "darwin"
            : "linux";
    String name = "/postgres-" + system + "-" + machine + ".txz";
    InputStream packed = PostgresBinaries.class.getResourceAsStream(name);
    if (packed == null) {
      throw new IOException(
          "the build has no PostgreSQL for this machine ("
              + name
              + "); set WHETSTONE_DATABASE_URL to an external server");
    }
    return packed;
  }
}
