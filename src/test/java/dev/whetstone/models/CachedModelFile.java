package dev.whetstone.models;

import dev.whetstone.io.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * The file of a large model, fetched once as the product fetches it, into {@code
 * ${XDG_CACHE_HOME:-~/.cache}/whetstone}, which outlives checkouts and builds.
 */
public final class CachedModelFile {
  private CachedModelFile() {}

  /**
   * The default model's file.
   *
   * @throws IOException with one sentence when it cannot be had
   */
  public static Path ofDefault() throws IOException {
    CatalogueModel model = ModelCatalogue.open(Path.of("models")).defaultModel();
    ModelFile file = model.file().orElseThrow();
    Path folder = cache().resolve(model.name());
    Files.createDirectories(folder.getParent());
    try (LockFile _ = LockFile.acquire(folder.resolveSibling(model.name() + ".lock"))) {
      return new ModelFetcher(folder, System.out::println, System.getenv(), InstantSource.system())
          .fetch(model, file);
    }
  }

  private static Path cache() {
    String named = System.getenv("XDG_CACHE_HOME");
    Path base =
        named == null || named.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(named);
    return base.resolve("whetstone");
  }

  /** Puts a fetched file where a home goes on with it, so that its import fetches nothing. */
  public static void offer(Path file, Path home) throws IOException {
    Path fetched = home.resolve("models").resolve(".fetching").resolve(file.getFileName());
    Files.createDirectories(fetched.getParent());
    try {
      Files.createLink(fetched, file);
    } catch (IOException anotherFileSystem) {
      Files.copy(file, fetched);
    }
  }
}
