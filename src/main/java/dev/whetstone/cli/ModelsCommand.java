package dev.whetstone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.app.AppSettings;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.io.ByteSize;
import dev.whetstone.models.CatalogueModel;
import dev.whetstone.models.ModelCatalogue;
import dev.whetstone.models.ModelStore;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists the models of the catalogue, and fetches one. */
@Command(
    name = "models",
    description =
        "Lists the models that WHETSTONE_MODEL may name: what is here, what would be fetched.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone models",
      "  ./whetstone models --json",
      "  ./whetstone models fetch smollm2-135m-instruct"
    })
public final class ModelsCommand implements Callable<Integer> {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  OutputOptions output;

  @Override
  public Integer call() throws IOException {
    AppSettings settings = AppSettings.of(System::getenv);
    ModelCatalogue catalogue = ModelCatalogue.open(settings.root().resolve("models"));
    ModelStore store = settings.modelStore(line -> {});
    StringBuilder text = new StringBuilder();
    for (CatalogueModel model : catalogue.models()) {
      text.append(text(model, model.equals(catalogue.defaultModel()), store));
    }
    output.print(json(catalogue, store), text.toString());
    return 0;
  }

  private static String text(CatalogueModel model, boolean isDefault, ModelStore store)
      throws IOException {
    CatalogueModel.Sizes sizes = model.sizes();
    return String.format(
        Locale.ROOT,
        "%s%s (%s)%n  %s%n  %s; %s on disk; memory %s serving, %s training%n",
        model.name(),
        isDefault ? ", the default" : "",
        model.licence(),
        model.description(),
        state(model, store),
        ByteSize.text(sizes.disk()),
        ByteSize.text(sizes.serving()),
        ByteSize.text(sizes.training()));
  }

  private static String state(CatalogueModel model, ModelStore store) throws IOException {
    if (store.isImported(model)) {
      return "here";
    }
    if (model.downloadBytes() == 0) {
      return "nothing to fetch";
    }
    long fetched = store.fetchedBytes(model);
    return ByteSize.text(model.downloadBytes() - fetched)
        + " to fetch"
        + (fetched == 0 ? "" : " (" + ByteSize.text(fetched) + " are here)");
  }

  private static ArrayNode json(ModelCatalogue catalogue, ModelStore store) throws IOException {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (CatalogueModel model : catalogue.models()) {
      boolean here = store.isImported(model);
      ObjectNode row = all.addObject();
      row.put("name", model.name())
          .put("default", model.equals(catalogue.defaultModel()))
          .put("licence", model.licence())
          .put("description", model.description())
          .put("here", here)
          .put("download_bytes", model.downloadBytes())
          .put("to_fetch_bytes", here ? 0 : model.downloadBytes() - store.fetchedBytes(model))
          .put("disk_bytes", model.sizes().disk());
      row.putObject("memory_bytes")
          .put("serving", model.sizes().serving())
          .put("training", model.sizes().training());
    }
    return all;
  }

  @Command(
      description = "Fetches and imports a model, so that the gateway starts at once.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone models fetch qwen2.5-coder-0.5b-instruct")
  int fetch(
      @Parameters(paramLabel = "NAME", description = "A name that ./whetstone models lists.")
          String name)
      throws IOException {
    AppSettings settings = AppSettings.of(System::getenv);
    ModelCatalogue catalogue = ModelCatalogue.open(settings.root().resolve("models"));
    if (catalogue.find(name).isEmpty()) {
      List<String> names = catalogue.models().stream().map(CatalogueModel::name).toList();
      throw new InvalidSettingException(
          "there is no model '%s' in the catalogue: name one of %s"
              .formatted(name, String.join(", ", names)));
    }
    NativeLibraries.prepare(settings.nativeLibraries());
    try (ConsoleProgress progress = ConsoleProgress.onStandardOutput()) {
      var directory = settings.modelStore(progress).resolve(name, settings.weights().precision());
      progress.accept("Ready: " + directory.path());
    }
    return 0;
  }
}
