package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.DatabaseSettings;
import dev.whetstone.database.server.ServerAddress;
import dev.whetstone.models.DefaultModelChoice;
import dev.whetstone.models.ImportProgress;
import dev.whetstone.models.MachineResources;
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
 * Settings that every process and command shares, read from environment variables; the gateway also
 * accepts properties of the same names.
 *
 * <p>A record and no {@code @ConfigMapping}, for three reasons: commands read it before or without
 * the application server; defaults depend on other values (the home, the port, the machine's cores,
 * the model that is chosen by its memory), which a mapping cannot say; and its names are those of
 * the scripts, {@code WHETSTONE_HOME} rather than {@code whetstone.home}. The database's settings
 * are a mapping, {@link DatabaseSettings}, read from the same source.
 *
 * @param root where Whetstone was cloned or unpacked: {@code WHETSTONE_ROOT}, which the scripts
 *     set; default the working directory
 * @param home the data directory: {@code WHETSTONE_HOME}, default {@code data}
 * @param nativeLibraries where native libraries are unpacked: {@code WHETSTONE_NATIVE}, default
 *     {@code native} in the data directory
 * @param port the gateway's: {@code WHETSTONE_PORT}, default 8080
 * @param trainerPort the trainer's, for health and metrics: {@code WHETSTONE_TRAINER_PORT}, default
 *     the gateway's plus 1000
 * @param namedModel a name in models/manifest.json, a directory or a GGUF file: {@code
 *     WHETSTONE_MODEL}; null leaves the choice to {@link #withModel}
 * @param weights {@code WHETSTONE_WEIGHTS}: {@code int8} (default) or {@code fp32}
 * @param threads engine threads: {@code WHETSTONE_THREADS}, default the machine's cores
 * @param databaseConfig from {@code WHETSTONE_DATABASE_*}, see {@link DatabaseSettings}
 */
public record AppSettings(
    Path root,
    Path home,
    Path nativeLibraries,
    int port,
    int trainerPort,
    @Nullable String namedModel,
    Weights weights,
    int threads,
    DatabaseConfig databaseConfig) {
  private static final int MAX_CONNECTIONS = 1_000;

  /** The precision of the linear layers in the serving graph. */
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

  /** The model: the one that is named, or that {@link #withModel} chose. */
  public String model() {
    if (namedModel == null) {
      throw new IllegalStateException("no model is chosen yet");
    }
    return namedModel;
  }

  /**
   * These settings with a model: the one that is named, or else the home's default.
   *
   * @param say receives a sentence on a model that is not the catalogue's default
   */
  public AppSettings withModel(Consumer<String> say) throws IOException {
    if (namedModel != null) {
      return this;
    }
    ModelCatalogue catalogue = ModelCatalogue.open(root.resolve("models"));
    String chosen =
        new DefaultModelChoice(home, catalogue, say)
            .name(MachineResources.memory(), MachineResources.disk(home));
    return new AppSettings(
        root, home, nativeLibraries, port, trainerPort, chosen, weights, threads, databaseConfig);
  }

  /** The external PostgreSQL's address; null where the server is embedded. */
  public @Nullable String databaseUrl() {
    return databaseConfig.url();
  }

  /** The imported models. */
  public ModelStore modelStore(ImportProgress progress) throws IOException {
    return new ModelStore(home, ModelCatalogue.open(root.resolve("models")), progress);
  }

  /**
   * Reads the settings.
   *
   * @param variables the value of a name; null where it is not set
   * @throws InvalidSettingException naming the variable whose value cannot be used
   */
  public static AppSettings of(Function<String, @Nullable String> variables) {
    int port = number(variables, "WHETSTONE_PORT", 8080, 1, 65_535);
    int defaultTrainerPort = port > 64_535 ? port - 1_000 : port + 1_000;
    Path home = path(variables, "WHETSTONE_HOME", "data");
    return new AppSettings(
        path(variables, "WHETSTONE_ROOT", "."),
        home,
        path(variables, "WHETSTONE_NATIVE", home.resolve("native").toString()),
        port,
        number(variables, "WHETSTONE_TRAINER_PORT", defaultTrainerPort, 1, 65_535),
        text(variables, "WHETSTONE_MODEL").orElse(null),
        weights(text(variables, "WHETSTONE_WEIGHTS").orElse("int8")),
        number(
            variables, "WHETSTONE_THREADS", Runtime.getRuntime().availableProcessors(), 1, 1_024),
        databaseConfig(home, variables));
  }

  private static DatabaseConfig databaseConfig(
      Path home, Function<String, @Nullable String> variables) {
    text(variables, "WHETSTONE_DATABASE_URL").ifPresent(AppSettings::checkAddress);
    DatabaseSettings settings = VariablesSource.read(DatabaseSettings.class, variables);
    if (settings.connections() < 2 || settings.connections() > MAX_CONNECTIONS) {
      throw new InvalidSettingException(
          "WHETSTONE_DATABASE_CONNECTIONS must be a number from 2 to %d, not '%d'"
              .formatted(MAX_CONNECTIONS, settings.connections()));
    }
    if (!settings.statementTimeout().isPositive() || !settings.acquireTimeout().isPositive()) {
      throw new InvalidSettingException(
          "WHETSTONE_DATABASE_…_TIMEOUT must be positive, as in PT5S");
    }
    return DatabaseConfig.from(home, settings);
  }

  private static void checkAddress(String url) {
    try {
      ServerAddress.parse(url);
    } catch (IllegalArgumentException unusable) {
      throw new InvalidSettingException("WHETSTONE_DATABASE_URL: " + unusable.getMessage());
    }
  }

  /** The file with the API keys that the first start creates. */
  Path keyFile() {
    return home.resolve("keys.json");
  }

  /** The database, not yet opened. The caller closes it. */
  public Database database() {
    return new Database(databaseConfig);
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
      Function<String, @Nullable String> variables, String name, int fallback, int min, int max) {
    String value = text(variables, name).orElse(Integer.toString(fallback));
    try {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException unusable) {
      // reported below, as a number out of range is
    }
    throw new InvalidSettingException(
        name + " must be a number from " + min + " to " + max + ", not '" + value + "'");
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
