package dev.whetstone.database.server;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.Sha256;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** PostgreSQL's binaries, unpacked from the zonky archive on the class path and renewed with it. */
final class PostgresBinaries {
  private static final Set<PosixFilePermission> EXECUTABLE =
      PosixFilePermissions.fromString("rwxr-xr-x");

  /** Begins the names of folders that are being unpacked. */
  static final String UNPACK = "unpack";

  /** Names what a folder was unpacked from: the archive's sha256, then each file with its size. */
  private static final String CONTENTS = "contents";

  private PostgresBinaries() {}

  /**
   * Unpacks what the program brings, unless that is there already and whole. It is unpacked beside
   * {@code target} and renamed, so that a partly unpacked folder is never used.
   *
   * @param used whether a server runs from it; it is renewed at a later start then
   * @param dataVersion PG_VERSION of the data folder: another major version could not read it, so
   *     what is there is kept
   */
  static void unpack(Path target, boolean used, Path dataVersion) throws IOException {
    boolean present = Files.isExecutable(target.resolve("bin/postgres"));
    if (present && (used || isWhole(target))) {
      return;
    }
    Files.createDirectories(target.toAbsolutePath().getParent());
    Path temporary = Files.createTempDirectory(target.toAbsolutePath().getParent(), UNPACK);
    Files.setPosixFilePermissions(temporary, EXECUTABLE);
    List<String> contents = new ArrayList<>();
    contents.add(packedHash());
    try (InputStream packed = archive();
        TarArchiveInputStream tar =
            new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(packed)))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        write(temporary, entry, tar);
        if (entry.isFile()) {
          contents.add(entry.getSize() + " " + entry.getName());
        }
      }
    }
    if (present && Files.exists(dataVersion) && !reads(temporary, dataVersion)) {
      AtomicDirectory.deleteTree(temporary);
      return;
    }
    AtomicFile.write(temporary.resolve(CONTENTS), String.join("\n", contents) + "\n");
    AtomicDirectory.deleteTree(target);
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether a folder was unpacked from what this program brings, and nothing of it is gone. */
  private static boolean isWhole(Path target) throws IOException {
    Path contents = target.resolve(CONTENTS);
    if (!Files.exists(contents)) {
      return false;
    }
    List<String> lines = Files.readAllLines(contents);
    if (lines.isEmpty() || !lines.getFirst().equals(packedHash())) {
      return false;
    }
    for (String line : lines.subList(1, lines.size())) {
      int space = line.indexOf(' ');
      Path file = target.resolve(line.substring(space + 1));
      if (!Files.exists(file) || Files.size(file) != Long.parseLong(line.substring(0, space))) {
        return false;
      }
    }
    return true;
  }

  /** Whether the server of a folder is of the major version that wrote the data. */
  private static boolean reads(Path folder, Path dataVersion) throws IOException {
    Process asked =
        new ProcessBuilder(folder.resolve("bin/postgres").toString(), "--version").start();
    String version =
        new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    String major = version.substring(version.lastIndexOf(' ') + 1).split("\\.", 2)[0];
    return Files.readString(dataVersion).strip().equals(major);
  }

  private static String packedHash() throws IOException {
    MessageDigest digest = Sha256.digest();
    try (InputStream packed = archive()) {
      byte[] buffer = new byte[1 << 16];
      for (int n; (n = packed.read(buffer)) >= 0; ) {
        digest.update(buffer, 0, n);
      }
    }
    return Sha256.hex(digest);
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
