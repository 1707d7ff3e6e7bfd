package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.LockFile;
import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The imported models in {@code WHETSTONE_HOME/models}. A model appears under its name only once it
 * is complete; the next import removes what an interrupted one left, but for what was fetched,
 * which is in {@code .fetching} until the model is imported.
 */
public final class ModelStore {
  private static final String UNFINISHED = ".unfinished-";
  private static final String FETCHING = ".fetching";

  private final Path folder;
  private final ModelCatalogue catalogue;
  private final ImportProgress progress;
  private final ModelFetcher fetcher;

  /**
   * Opens the store; touches no file yet.
   *
   * @param home WHETSTONE_HOME
   * @param progress receives a line at the start of each slow step
   */
  public ModelStore(Path home, ModelCatalogue catalogue, ImportProgress progress) {
    this(home, catalogue, progress, System.getenv());
  }

  /**
   * Opens the store; touches no file yet.
   *
   * @param environment for what fetches read of it
   */
  ModelStore(
      Path home,
      ModelCatalogue catalogue,
      ImportProgress progress,
      Map<String, String> environment) {
    this.folder = home.resolve("models");
    this.catalogue = catalogue;
    this.progress = progress;
    this.fetcher =
        new ModelFetcher(folder.resolve(FETCHING), progress, environment, InstantSource.system());
  }

  /**
   * Finds a model that is imported and exported; empty if {@link #resolve} has work to do.
   *
   * @throws InvalidSettingException if there is no such model
   */
  public Optional<ModelDirectory> find(String model, Precision precision) throws IOException {
    Path target = locate(model);
    if (!Files.exists(target.resolve(ModelDirectory.MANIFEST))
        || ModelIntegrity.checkSizes(target).isPresent()
        || !isExported(target, precision)) {
      return Optional.empty();
    }
    return Optional.of(ModelDirectory.open(target));
  }

  /**
   * Opens a model after fetching, importing and exporting it where necessary. Processes and threads
   * wait for each other through a lock file. Where all is there, nothing is written.
   *
   * @throws InvalidSettingException if there is no such model
   */
  public ModelDirectory resolve(String model, Precision precision) throws IOException {
    Optional<ModelDirectory> ready = find(model, precision);
    if (ready.isPresent()) {
      return ready.get();
    }
    Files.createDirectories(folder);
    try (LockFile _ = lock()) {
      removeUnfinished();
      Path target = locate(model);
      removeDamaged(target);
      if (!Files.exists(target.resolve(ModelDirectory.MANIFEST))) {
        importTo(model, target);
      }
      ModelDirectory directory = ModelDirectory.open(target);
      if (!isExported(target, precision)) {
        new ModelImporter(progress).export(directory, precision);
      }
      return directory;
    }
  }

  /**
   * Adds to a model's manifest.
   *
   * @throws IOException also where the folder cannot be written
   */
  void note(ModelDirectory model, Consumer<ObjectNode> addition) throws IOException {
    Files.createDirectories(folder);
    try (LockFile _ = lock()) {
      Path file = model.path().resolve(ModelDirectory.MANIFEST);
      ObjectNode manifest = (ObjectNode) new ObjectMapper().readTree(file.toFile());
      addition.accept(manifest);
      AtomicFile.write(file, manifest.toPrettyString() + "\n");
    }
  }

  private LockFile lock() throws IOException {
    Path file = folder.resolve(".lock");
    return LockFile.acquire(
        file,
        () -> progress.accept("Waiting for another process that fetches or imports: " + file));
  }

  /** Whether a model of the catalogue is imported. */
  public boolean isImported(CatalogueModel model) {
    return Files.exists(folder.resolve(model.name()).resolve(ModelDirectory.MANIFEST));
  }

  /** Bytes of a model's download that an unfinished fetch left. */
  public long fetchedBytes(CatalogueModel model) throws IOException {
    Optional<ModelFile> file = model.file();
    return file.isPresent() ? fetcher.fetchedBytes(file.get()) : 0;
  }

  /** The sampling that the catalogue recommends for a model. */
  public RecommendedSampling sampling(String model) {
    return catalogue.sampling(model);
  }

  /**
   * Removes a damaged import, which can be repeated; refuses a damaged directory outside the store.
   */
  private void removeDamaged(Path target) throws IOException {
    Optional<String> damage = ModelIntegrity.checkSizes(target);
    if (damage.isPresent()) {
      if (!target.startsWith(folder)) {
        throw new InvalidSettingException(target + " is damaged: " + damage.get());
      }
      progress.accept(target.getFileName() + " is damaged (" + damage.get() + "): importing again");
      Path aside = Files.createTempDirectory(folder, UNFINISHED);
      Files.move(target, aside.resolve(target.getFileName()));
      AtomicDirectory.deleteTree(aside);
    }
  }

  private void importTo(String model, Path target) throws IOException {
    Path aside = Files.createTempDirectory(folder, UNFINISHED);
    try {
      ModelImporter importer = new ModelImporter(progress);
      Optional<CatalogueModel> named = catalogue.find(model);
      if (named.isPresent()) {
        importNamed(importer, named.get(), aside);
      } else {
        importer.importModel(Path.of(model), model, "unknown", aside);
      }
      AtomicDirectory.publish(aside, target);
      if (named.flatMap(CatalogueModel::file).isPresent()) {
        fetcher.clear();
      }
    } finally {
      AtomicDirectory.deleteTree(aside);
    }
  }

  private void importNamed(ModelImporter importer, CatalogueModel named, Path aside)
      throws IOException {
    switch (named.origin()) {
      case CatalogueModel.Fetched fetch -> {
        Path file = fetcher.fetch(named, fetch.file());
        String origin = fetch.file().name() + ", sha256 " + fetch.file().sha256();
        importer.importModel(file, origin, named.licence(), aside);
      }
      case CatalogueModel.LocalDirectory local ->
          importer.importModel(local.directory(), named.name(), named.licence(), aside);
    }
  }

  /** The directory that a model is or will be imported to; an imported one is used where it is. */
  private Path locate(String model) throws IOException {
    if (catalogue.find(model).isPresent()) {
      return folder.resolve(model);
    }
    Path path = Path.of(model).toAbsolutePath().normalize();
    if (!Files.exists(path)) {
      throw new InvalidSettingException(
          "there is no model '%s': name one of %s, a Hugging Face directory or a GGUF file"
              .formatted(model, String.join(", ", catalogue.names())));
    }
    if (Files.exists(path.resolve(ModelDirectory.MANIFEST))) {
      return path;
    }
    String identity = path + "@" + fingerprint(path);
    return folder.resolve(path.getFileName() + "-" + Sha256.of(identity).substring(0, 12));
  }

  private static String fingerprint(Path path) throws IOException {
    try (Stream<Path> files = Files.isDirectory(path) ? Files.list(path) : Stream.of(path)) {
      long newest = 0;
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
        bytes += Files.size(file);
      }
      return newest + ":" + bytes;
    }
  }

  /**
   * Whether the graphs of a precision are exported in this build's format. Compares sizes instead
   * of hashes, so that a start is fast.
   */
  public static boolean isExported(Path target, Precision precision) throws IOException {
    JsonNode manifest =
        new ObjectMapper().readTree(target.resolve(ModelDirectory.MANIFEST).toFile());
    JsonNode sizes = manifest.path("sizes");
    for (String name : OnnxExport.files(precision)) {
      Path file = target.resolve(name);
      if (!Files.exists(file)
          || Files.size(file) != sizes.path(name).asLong(-1)
          || manifest.path("graph_formats").path(name).asInt(0) != OnnxExport.FORMAT) {
        return false;
      }
    }
    return true;
  }

  private void removeUnfinished() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry :
          entries.filter(e -> e.getFileName().toString().startsWith(UNFINISHED)).toList()) {
        AtomicDirectory.deleteTree(entry);
      }
    }
  }
}
