package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.dpo.RunDirectory;
import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.PairFile;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.ValidationSplit;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.models.AdapterParityCheck;
import dev.whetstone.models.ModelImporter;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.settings.BuildInfo;
import dev.whetstone.settings.InvalidSettingException;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.ModelDirectory;
import java.io.Console;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains an adapter, or all weights, from a file of preference pairs. */
@Command(
    name = "train",
    description = "Trains an adapter, or all weights, from a file of preferences.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone train --pairs pairs.jsonl --out run",
      "  ./whetstone train --from-log --config config.json --out run",
      "  ./whetstone train --pairs pairs.jsonl --out run --resume"
    })
public final class TrainCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "NAME_OR_DIR",
      description =
          "A name in models/manifest.json or an imported directory; default: WHETSTONE_MODEL.")
  @Nullable String model;

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      description =
          "JSON lines, a pair or a rating each: TRL's prompt, chosen, rejected or prompt, completion, label, as texts or messages; or prompt_ids, chosen_ids, rejected_ids; or prompt_ids, completion_ids, label.")
  @Nullable Path pairs;

  @Option(
      names = "--from-log",
      description =
          "Trains on the usable votes and ratings of WHETSTONE_HOME's log (or WHETSTONE_DATABASE_URL's) in place of --pairs; votes on answers of another base by their texts.")
  boolean fromLog;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings by TRL's names as JSON; default: plain DPO, one epoch.")
  @Nullable Path config;

  @Option(
      names = "--init",
      paramLabel = "FILE",
      description =
          "The adapter to start from, with its adapter_config.json or else the rank of --config.")
  @Nullable Path init;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where checkpoints, metrics.jsonl and the result go.")
  Path out = Path.of("");

  @Option(names = "--resume", description = "Resumes from the checkpoint in --out.")
  boolean resume;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "DURATION",
      description = "Minimum time between two checkpoints; default: ${DEFAULT-VALUE}.")
  Duration checkpointEvery = Duration.ofMinutes(1);

  @Option(
      names = "--print-config",
      help = true,
      description = "Prints all settings that --config results in, and exits.")
  boolean printConfig;

  @Override
  public Integer call() throws IOException {
    TrainConfig settings = settings();
    if (printConfig) {
      spec.commandLine().getOut().print(TrainConfigFile.write(settings));
      spec.commandLine().getOut().flush();
      return 0;
    }
    if (fromLog == (pairs != null)) {
      throw new InvalidSettingException("give --pairs or --from-log");
    }
    if (pairs != null) {
      requireFile(pairs);
    }
    AppSettings appSettings = AppSettings.of(System::getenv);
    NativeLibraries.prepare(appSettings.nativeLibraries());
    ModelDirectory base = openBase(appSettings);
    PairFile.Examples examples = unpaired(readExamples(appSettings, base), settings);
    ValidationSplit<TokenPair> split =
        ValidationSplit.of(examples.pairs(), settings.validation().share());
    TrainingJob job =
        new TrainingJob(
            base,
            split.train(),
            examples.ratings(),
            split.validation(),
            settings,
            initialAdapter(settings, base),
            null,
            out,
            resume);
    InstantSource clock = InstantSource.system();
    int steps = settings.schedule(job.examples()).totalSteps();
    TrainingOutcome outcome =
        new Trainer(
                TrainerOptions.exact(appSettings.threads(), clock, BuildInfo.version())
                    .with(checkpointEvery))
            .run(job, new ProgressPrinter(System.out, onTerminal(), steps, clock));
    printOutcome(outcome);
    return checkExport(appSettings, job, outcome) ? 0 : 1;
  }

  /** Opens an imported directory where it is, and anything else through the store. */
  private ModelDirectory openBase(AppSettings appSettings) throws IOException {
    String name = model == null ? appSettings.withModel(System.out::println).model() : model;
    Path directory = Path.of(name);
    if (Files.exists(directory.resolve(ModelDirectory.MANIFEST))
        && ModelDirectory.hasWeights(directory)) {
      ModelDirectory imported = ModelDirectory.open(directory);
      if (!ModelStore.isExported(imported.path(), Precision.INT8)) {
        new ModelImporter(System.out::println).export(imported, Precision.INT8);
      }
      return imported;
    }
    ModelStore store = appSettings.modelStore(System.out::println);
    return store.resolve(name, Precision.INT8);
  }

  private TrainConfig settings() throws IOException {
    if (config == null) {
      return TrainConfig.plain();
    }
    requireFile(config);
    try {
      return TrainConfigFile.read(Files.readString(config), TrainConfig.plain());
    } catch (CharacterCodingException e) {
      throw new InvalidSettingException(config + " is not UTF-8 text");
    } catch (IllegalArgumentException e) {
      throw new InvalidSettingException(config + ": " + e.getMessage());
    }
  }

  private static void requireFile(Path file) {
    if (!Files.exists(file)) {
      throw new InvalidSettingException("there is no file " + file);
    }
    if (Files.isDirectory(file)) {
      throw new InvalidSettingException(file + " is a directory, not a file");
    }
  }

  /** The pairs as two ratings each where the loss is one of ratings, as TRL's KTOTrainer does. */
  private static PairFile.Examples unpaired(PairFile.Examples examples, TrainConfig settings) {
    if (!settings.loss().mix().isEmpty()) {
      return examples;
    }
    List<RatedCompletion> ratings =
        new ArrayList<>(examples.pairs().stream().flatMap(RatedCompletion::ofPair).toList());
    ratings.addAll(examples.ratings());
    return new PairFile.Examples(List.of(), ratings);
  }

  private PairFile.Examples readExamples(AppSettings appSettings, ModelDirectory base)
      throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(base.path().resolve("tokenizer.json"))) {
      PairTokenizer pairTokenizer =
          new PairTokenizer(
              tokenizer,
              ModelOpener.chatTemplate(base.path()),
              base.config().endOfTurn(),
              base.hash());
      return pairs == null
          ? LogExamples.read(appSettings, pairTokenizer)
          : PairFile.readExamples(pairs, pairTokenizer);
    }
  }

  private @Nullable LoraAdapter initialAdapter(TrainConfig settings, ModelDirectory base)
      throws IOException {
    if (init == null) {
      return null;
    }
    requireFile(init);
    byte[] tensors = Files.readAllBytes(init);
    Path beside = init.resolveSibling("adapter_config.json");
    if (Files.exists(beside)) {
      return PeftFiles.read(MemorySegment.ofArray(tensors), Files.readString(beside), base);
    }
    return switch (settings.weights()) {
      case TrainedWeights.Lora lora -> PeftFiles.read(tensors, lora.rank(), lora.alpha());
      case TrainedWeights.All _ ->
          throw new InvalidSettingException(
              "--init starts from an adapter; it cannot be combined with full_fine_tuning");
    };
  }

  private static boolean onTerminal() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  private void printOutcome(TrainingOutcome outcome) {
    System.out.printf("%s: the policy of step %d%n", outcome.ending(), outcome.step());
    if (!outcome.dropped().isEmpty()) {
      System.out.printf(
          "Dropped %d pairs whose prompts leave no token for a completion: %s%n",
          outcome.dropped().size(), String.join(", ", outcome.dropped()));
    }
  }

  /** Compares a trained model, imported into a temporary folder, with the trainer's log-probs. */
  private AdapterParityCheck checkModel(
      AppSettings appSettings, List<TokenPair> probePairs, TrainingOutcome outcome)
      throws IOException {
    Path folder = Files.createTempDirectory(out, ".check-");
    try {
      ModelImporter importer = new ModelImporter(line -> {});
      importer.importModel(out.resolve(RunDirectory.MODEL), "a trained model", "", folder);
      ModelDirectory imported = ModelDirectory.open(folder);
      importer.export(imported, Precision.INT8);
      return AdapterParityCheck.measure(
          imported, null, probePairs, outcome.probes(), appSettings.threads());
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  /** Renames the result, so that nothing serves it, if ONNX Runtime does not reproduce it. */
  private boolean checkExport(AppSettings appSettings, TrainingJob job, TrainingOutcome outcome)
      throws IOException {
    List<TokenPair> probePairs = job.probes();
    LoraAdapter adapter = outcome.adapter();
    AdapterParityCheck check =
        adapter == null
            ? checkModel(appSettings, probePairs, outcome)
            : AdapterParityCheck.measure(
                job.base(), adapter, probePairs, outcome.probes(), appSettings.threads());
    AtomicFile.write(out.resolve("export_check.json"), check.toJson());
    Path written = out.resolve(adapter == null ? RunDirectory.MODEL : "adapter_model.safetensors");
    System.out.printf(
        "ONNX Runtime against the trainer: float32 within %.1e nats a token, int8 within %.3f (mean %.4f)%n",
        check.exact(), check.int8(), check.int8Mean());
    if (!check.passed()) {
      Path refused =
          out.resolve(adapter == null ? "model.refused" : "adapter_model.refused.safetensors");
      Files.move(written, refused, StandardCopyOption.ATOMIC_MOVE);
      System.err.printf(
          "whetstone: refused: float32 may differ by at most %.0e nats a token; the result is kept as %s%n",
          AdapterParityCheck.TOLERANCE, refused);
      return false;
    }
    System.out.println("Written: " + written);
    return true;
  }
}
