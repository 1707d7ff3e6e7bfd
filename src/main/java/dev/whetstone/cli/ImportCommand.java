package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.models.ModelIntegrity;
import dev.whetstone.models.ModelReport;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Imports a model and exports its serving graphs. */
@Command(
    name = "import",
    description = "Fetches, imports and exports a model, so that the gateway starts at once.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone import smollm2-135m-instruct",
      "  ./whetstone import ~/models/qwen3 --weights int8 --verify",
      "  ./whetstone import model.gguf --check"
    })
public final class ImportCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "A name in models/manifest.json, a Hugging Face directory or a GGUF file; default: WHETSTONE_MODEL.")
  @Nullable String model;

  @Option(
      names = "--weights",
      paramLabel = "PRECISION",
      description = "int8 or fp32; default: WHETSTONE_WEIGHTS, else int8.")
  AppSettings.@Nullable Weights weights;

  @Option(names = "--verify", description = "Also compare every file's sha256 with the manifest.")
  boolean verify;

  @Option(
      names = "--check",
      description =
          "Only say what a directory or file holds and what looks wrong; imports nothing.")
  boolean check;

  @Override
  public Integer call() throws IOException {
    AppSettings settings = AppSettings.of(System::getenv);
    NativeLibraries.prepare(settings.nativeLibraries());
    if (check) {
      return check(model);
    }
    AppSettings.Weights serving = weights == null ? settings.weights() : weights;
    String name = model == null ? settings.withModel(System.out::println).model() : model;
    ModelDirectory directory;
    try (ConsoleProgress progress = ConsoleProgress.onStandardOutput()) {
      directory = settings.modelStore(progress).resolve(name, serving.precision());
    }
    Optional<String> damage =
        verify ? ModelIntegrity.checkHashes(directory.path()) : Optional.empty();
    if (damage.isPresent()) {
      throw new IllegalStateException(
          directory.path() + " is damaged: " + damage.get() + "; remove it and import it again");
    }
    System.out.println("Ready: " + directory.path());
    return 0;
  }

  private static int check(@Nullable String model) throws IOException {
    if (model == null || !Files.exists(Path.of(model))) {
      throw new InvalidSettingException(
          "--check needs a Hugging Face directory or a GGUF file, not '" + model + "'");
    }
    System.out.println(model);
    ModelReport.check(Path.of(model)).lines().forEach(System.out::println);
    return 0;
  }
}
