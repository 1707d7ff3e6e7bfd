package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.models.ModelCatalogue;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings every process and command shares. Names are environment variables; the gateway also
 * takes them as properties of the same name.
 *
 * @param root the folder Whetstone was cloned into: {@code WHETSTONE_ROOT}, default the working
 *     directory; the scripts set it
 * @param home where data lives: {@code WHETSTONE_HOME}, default {@code data}
 * @param nativeLibraries where native libraries are unpacked: {@code WHETSTONE_NATIVE}, default the
 *     folder {@code native} below home
 * @param port of the gateway: {@code WHETSTONE_PORT}, default 8080
 * @param trainerPort where the trainer serves health and metrics: {@code WHETSTONE_TRAINER_PORT},
 *     default 1000 above the gateway's
 * @param model a name of models/manifest.json, a directory or a GGUF file: {@code WHETSTONE_MODEL},
 *     default {@code smollm2-135m-instruct}
 * @param weights {@code WHETSTONE_WEIGHTS}: {@code int8} (default) or {@code fp32}
 * @param threads engine threads: {@code WHETSTONE_THREADS}, default the machine's cores
 * @param databaseUrl an external PostgreSQL: {@code WHETSTONE_DATABASE_URL}, default null: the
 *     embedded one below home
 */
public record AppSettings(
    Path root,
    Path home,
    Path nativeLibraries,
    int port,
    int trainerPort,
    String model,
    Weights weights,
    int threads,
    @Nullable String databaseUrl) {
  /** How the linear layers are stored for serving. */
  public enum Weights {
    INT8(Precision.INT8),
    FP32(Precision.FP32);

    private final Precision precision;

    Weights(Precision precision) {
      this.precision = precision;
    }

    public Precision precision() {
      return precision;
    }
  }

  /** The imported models. */
  public ModelStore models(Consumer<String> progress) throws IOException {
    return new ModelStore(home, ModelCatalogue.open(root.resolve("models")), progress);
  }

  public static AppSettings of(Function<String, @Nullable String> variables) {
    int port = number(variables, "WHETSTONE_PORT", 8080, 1, 65_535);
    int besideIt = port > 64_535 ? port - 1_000 : port + 1_000;
    Path home = path(variables, "WHETSTONE_HOME", "data");
    return new AppSettings(
        path(variables, "WHETSTONE_ROOT", "."),
        home,
        path(variables, "WHETSTONE_NATIVE", home.resolve("native").toString()),
        port,
        number(variables, "WHETSTONE_TRAINER_PORT", besideIt, 1, 65_535),
        text(variables, "WHETSTONE_MODEL").orElse("smollm2-135m-instruct"),
        weights(text(variables, "WHETSTONE_WEIGHTS").orElse("int8")),
        number(
            variables, "WHETSTONE_THREADS", Runtime.getRuntime().availableProcessors(), 1, 1_024),
        text(variables, "WHETSTONE_DATABASE_URL").orElse(null));
  }

  /** The keys of a first start. */
  Path keys() {
    return home.resolve("keys.json");
  }

  /** The database, not opened yet. */
  public Database database() {
    return new Database(DatabaseConfig.of(home, databaseUrl));
  }

  private static Optional<String> text(Function<String, @Nullable String> variables, String name) {
    return Optional.ofNullable(variables.apply(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static Path path(
      Function<String, @Nullable String> variables, String name, String fallback) {
    String value = text(variables, name).orElse(fallback);
    try {
      return Path.of(value).toAbsolutePath().normalize();
    } catch (InvalidPathException unusable) {
      throw new InvalidSettingException(name + " is not a path: " + value);
    }
  }

  private static int number(
      Function<String, @Nullable String> variables,
      String name,
      int fallback,
      int least,
      int most) {
    String value = text(variables, name).orElse(Integer.toString(fallback));
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // reported below, with the numbers that are out of range
    }
    throw new InvalidSettingException(
        name + " must be a number from " + least + " to " + most + ", not '" + value + "'");
  }

  private static Weights weights(String value) {
    return switch (value) {
      case "int8" -> Weights.INT8;
      case "fp32" -> Weights.FP32;
      default ->
          throw new InvalidSettingException(
              "WHETSTONE_WEIGHTS must be int8 or fp32, not '" + value + "'");
    };
  }
}
