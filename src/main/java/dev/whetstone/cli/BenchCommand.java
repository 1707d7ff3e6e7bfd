package dev.whetstone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.whetstone.app.AppSettings;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.benchmark.BenchmarkReport;
import dev.whetstone.benchmark.CpuInfo;
import dev.whetstone.benchmark.DecodeBenchmark;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Benchmarks the engine that the gateway serves with. */
@Command(
    name = "bench",
    description = {
      "Measures the serving engine: decoding with no adapter, one and two mixed, prefilling prompts, swapping versions.",
      "Adapters are random, on all linear layers. Run it on an otherwise idle machine: rounds are repeated and their medians reported.",
      "Progress goes to standard error; a table and one line of JSON to standard output."
    },
    sortOptions = false,
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone bench",
      "  ./whetstone bench --model tiny-reviews --batch 1,8 --repeats 3 --json"
    })
public final class BenchCommand implements Callable<Integer> {
  // ranks above environment variables (300) and system properties (400)
  private static final int OVERRIDING = 500;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,32",
      description = "Completions decoded at once (default: ${DEFAULT-VALUE}).")
  List<Integer> batches = List.of();

  @Option(
      names = "--versions",
      paramLabel = "N",
      split = ",",
      defaultValue = "0,1,2",
      description = "Adapters mixed in a batch, 0 is none (default: ${DEFAULT-VALUE}).")
  List<Integer> versions = List.of();

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens of each completion (default: ${DEFAULT-VALUE}).")
  int tokens;

  @Option(
      names = "--context",
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens before the first decoded one (default: ${DEFAULT-VALUE}).")
  int context;

  @Option(
      names = "--prompt",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of each prompt whose prefill is measured (default: ${DEFAULT-VALUE}).")
  int prompt;

  @Option(
      names = "--rank",
      paramLabel = "N",
      defaultValue = "16",
      description = "Rank of the adapters (default: ${DEFAULT-VALUE}).")
  int rank;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measured rounds (default: ${DEFAULT-VALUE}).")
  int repeats;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "1",
      description = "Rounds before these, not measured (default: ${DEFAULT-VALUE}).")
  int warmUp;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "As WHETSTONE_MODEL, which is the default.")
  @Nullable String model;

  @Option(
      names = "--weights",
      paramLabel = "PRECISION",
      description = "int8 or fp32; default: WHETSTONE_WEIGHTS, else int8.")
  AppSettings.@Nullable Weights weights;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Engine threads; default: WHETSTONE_THREADS.")
  @Nullable Integer threads;

  @Option(names = "--json", description = "Print only the line of JSON.")
  boolean jsonOnly;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    AppSettings settings = AppSettings.of(System::getenv);
    NativeLibraries.prepare(settings.nativeLibraries());
    DecodeBenchmark.Plan plan =
        new DecodeBenchmark.Plan(batches, versions, tokens, context, prompt, rank, repeats, warmUp);
    String name =
        model == null ? settings.withModel(spec.commandLine().getErr()::println).model() : model;
    Precision precision = (weights == null ? settings.weights() : weights).precision();
    int cores = threads == null ? settings.threads() : threads;
    PrintWriter progress = spec.commandLine().getErr();
    ModelStore store = settings.modelStore(progress::println);
    Optional<ModelDirectory> imported = store.find(name, precision);
    ModelDirectory directory =
        imported.isPresent() ? imported.get() : store.resolve(name, precision);
    ModelOpener.Opened opened =
        ModelOpener.open(directory, precision, cores, config(plan), InstantSource.system());
    try {
      BenchmarkReport.Setting setting =
          new BenchmarkReport.Setting(
              CpuInfo.name(), cores, name, precision.name().toLowerCase(Locale.ROOT));
      print(new DecodeBenchmark(opened, directory.config(), plan, progress::println).run(setting));
    } finally {
      opened.close();
    }
    return 0;
  }

  private static EngineConfig config(DecodeBenchmark.Plan plan) {
    Map<String, String> fixed =
        Map.of(
            "whetstone.engine.slots",
            Integer.toString(Collections.max(plan.batches()) + 1),
            "whetstone.engine.prefix-cache-bytes",
            "0");
    return new SmallRyeConfigBuilder()
        .addDefaultSources()
        .withSources(new PropertiesConfigSource(fixed, "bench", OVERRIDING))
        .withMapping(EngineConfig.class)
        .build()
        .getConfigMapping(EngineConfig.class);
  }

  private void print(BenchmarkReport report) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (!jsonOnly) {
      out.println(report.table());
    }
    ObjectMapper mapper =
        new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    out.println(mapper.writeValueAsString(report));
    out.flush();
  }
}
