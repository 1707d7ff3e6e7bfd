package dev.whetstone.models;

import dev.whetstone.io.AtomicFile;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Chooses the model of a home whose settings name none: the catalogue's default, or its small model
 * on a small machine. The choice is made once and kept in {@code WHETSTONE_HOME/model.txt}, because
 * a home's votes and versions belong to one model; a home that an earlier version of Whetstone
 * served keeps the small model, which was the default then.
 */
public final class DefaultModelChoice {
  static final String FILE = "model.txt";

  /** What a home may hold although no gateway has served it. */
  private static final Set<String> BEFORE_SERVING = Set.of("models", "native", FILE);

  private final Path home;
  private final ModelCatalogue catalogue;
  private final ModelStore store;
  private final Consumer<String> say;

  /**
   * Makes a choice.
   *
   * @param home WHETSTONE_HOME
   * @param say receives a sentence on a model that is not the default
   */
  public DefaultModelChoice(Path home, ModelCatalogue catalogue, Consumer<String> say) {
    this.home = home;
    this.catalogue = catalogue;
    this.store = new ModelStore(home, catalogue, line -> {});
    this.say = say;
  }

  /**
   * The model's name.
   *
   * @param memory bytes that processes may still take on this machine
   * @param disk free bytes on the disk of the home
   * @throws InvalidSettingException if the kept choice names no model
   */
  public String name(long memory, long disk) throws IOException {
    Path file = home.resolve(FILE);
    if (Files.exists(file)) {
      return kept(file).name();
    }
    CatalogueModel chosen = choose(memory, disk);
    try {
      Files.createDirectories(home);
      AtomicFile.write(file, chosen.name() + "\n");
    } catch (IOException unwritable) {
      say.accept(
          "The choice of %s cannot be kept in %s; set WHETSTONE_MODEL to keep it"
              .formatted(chosen.name(), file));
    }
    return chosen.name();
  }

  private CatalogueModel kept(Path file) throws IOException {
    String name = Files.readString(file).strip();
    Optional<CatalogueModel> model = catalogue.find(name);
    if (model.isEmpty()) {
      throw new InvalidSettingException(
          "%s names '%s', which is no model of the catalogue: write one of %s, or set WHETSTONE_MODEL"
              .formatted(file, name, String.join(", ", catalogue.names())));
    }
    if (!name.equals(catalogue.defaultModel().name())) {
      say.accept(
          "Serving %s, as since the first start of this home; WHETSTONE_MODEL=%s takes today's default"
              .formatted(name, catalogue.defaultModel().name()));
    }
    return model.get();
  }

  private CatalogueModel choose(long memory, long disk) throws IOException {
    CatalogueModel standard = catalogue.defaultModel();
    CatalogueModel small = catalogue.smallModel();
    if (store.isImported(small) && (!store.isImported(standard) || wasServed())) {
      say.accept(
          "This home holds %s and keeps it, since votes and versions belong to one model; WHETSTONE_MODEL=%s takes today's default"
              .formatted(small.name(), standard.name()));
      return small;
    }
    long space =
        store.isImported(standard)
            ? 0
            : standard.downloadBytes() - store.fetchedBytes(standard) + standard.sizes().disk();
    if (memory < standard.sizes().available()) {
      sayTooSmall(standard, small, "memory", standard.sizes().available(), memory);
      return small;
    }
    if (disk < space) {
      sayTooSmall(standard, small, "disk", space, disk);
      return small;
    }
    return standard;
  }

  private void sayTooSmall(
      CatalogueModel standard, CatalogueModel small, String what, long wanted, long free) {
    say.accept(
        String.format(
            Locale.ROOT,
            "%s wants %.1f GB of %s, and %.1f GB are free: serving %s instead (WHETSTONE_MODEL=%s takes it all the same)",
            standard.name(),
            wanted / 1e9,
            what,
            free / 1e9,
            small.name(),
            standard.name()));
  }

  private boolean wasServed() throws IOException {
    try (Stream<Path> entries = Files.list(home)) {
      return entries.anyMatch(entry -> !BEFORE_SERVING.contains(entry.getFileName().toString()));
    }
  }
}
