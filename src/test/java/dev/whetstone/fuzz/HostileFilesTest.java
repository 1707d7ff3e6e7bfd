package dev.whetstone.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import dev.whetstone.database.backup.Restore;
import dev.whetstone.grammar.Grammar;
import dev.whetstone.grammar.schema.SchemaException;
import dev.whetstone.io.Sha256;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.preference.trl.PairFormatException;
import dev.whetstone.preference.trl.TrlRatingReader;
import dev.whetstone.preference.trl.TrlReader;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.GgufBytes;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.MemoryTensors.Values;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged files of every kind that users bring: each is read or refused with a sentence, in bounded
 * time and memory. {@link FuzzPlan} says how many; a file that fails is kept in {@code
 * target/fuzz}.
 */
@Tag("alone")
class HostileFilesTest {
  private static final int CASES = 3000;
  private static final Duration LONGEST = Duration.ofSeconds(20);
  private static final long MOST_BYTES = 256L << 20;
  private static final Path TINY = Path.of("models/tiny-reviews");

  private static final ChatTemplate PLAIN =
      ChatTemplate.of("{% for m in messages %}{{ m['content'] }}{% endfor %}", Map.of());

  private static final byte[] ROWS = utf8("1\tann\n2\tbob\n");

  @TempDir static Path folder;

  /** Reads a file of one kind; throws what a user is told. */
  private interface Reader {
    void read(byte[] bytes) throws Exception;
  }

  /** The kinds of files. */
  enum Kind {
    GGUF {
      @Override
      byte[] whole() {
        return new GgufBytes()
            .text("general.architecture", "llama")
            .number("llama.block_count", 2)
            .decimal("llama.rope.freq_base", 10_000)
            .list("tokenizer.ggml.tokens", 8, 3, i -> "t" + i)
            .tensor("token_embd.weight", 0, GgufBytes.floats(new float[64]), 8, 8)
            .tensor("blk.0.attn_q.weight", 8, new byte[68], 2, 32)
            .bytes();
      }

      @Override
      void read(byte[] bytes) throws IOException {
        try (GgufFile file = GgufFile.open(Files.write(folder.resolve("x.gguf"), bytes))) {
          for (String name : file.names()) {
            file.read(name);
          }
        }
      }
    },
    SAFETENSORS {
      @Override
      byte[] whole() {
        return SafetensorsWriter.bytes(
            new MemoryTensors(
                Map.of("a", new Values(new float[12], 3, 4), "b", new Values(new float[5], 5))),
            Map.of("format", "pt"));
      }

      @Override
      void read(byte[] bytes) {
        try (Safetensors file = Safetensors.of(bytes)) {
          for (String name : file.names()) {
            file.read(name);
          }
        }
      }
    },
    ADAPTER {
      @Override
      byte[] whole() {
        String q = "base_model.model.model.layers.0.self_attn.q_proj";
        return SafetensorsWriter.bytes(
            new MemoryTensors(
                Map.of(
                    q + ".lora_A.weight", new Values(new float[6], 2, 3),
                    q + ".lora_B.weight", new Values(new float[4], 2, 2))),
            Map.of("format", "pt"));
      }

      @Override
      void read(byte[] bytes) {
        PeftFiles.read(bytes, "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4}");
      }
    },
    ADAPTER_CONFIG {
      @Override
      byte[] whole() {
        return utf8(
            "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"use_rslora\": false,"
                + " \"rank_pattern\": {\"q_proj\": 2}, \"target_modules\": [\"q_proj\"]}");
      }

      @Override
      void read(byte[] bytes) throws IOException {
        PeftFiles.read(ADAPTER.whole(), text(bytes));
      }
    },
    TOKENIZER {
      @Override
      byte[] whole() throws IOException {
        return Files.readAllBytes(TINY.resolve("tokenizer.json"));
      }

      @Override
      void read(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("tokenizer.json"), bytes);
        try (Tokenizer tokenizer = Tokenizer.open(file)) {
          tokenizer.decode(tokenizer.encode("The film was good.", true), true);
        }
      }
    },
    TEMPLATE {
      @Override
      byte[] whole() throws IOException {
        return Files.readAllBytes(TINY.resolve("chat_template.jinja"));
      }

      @Override
      void read(byte[] bytes) throws TemplateException {
        ChatTemplate.of(text(bytes), Map.of("bos_token", "<s>", "eos_token", "</s>"))
            .render(List.of(new Message("user", "Hi"), new Message("assistant", "Ho")), true);
      }
    },
    PAIRS {
      @Override
      byte[] whole() {
        return utf8(
            "{\"prompt\": [{\"role\": \"user\", \"content\": \"How?\"}], \"chosen\": [{\"role\": \"assistant\", \"content\": \"So\"}],"
                + " \"rejected\": [{\"role\": \"assistant\", \"content\": \"No\"}],"
                + " \"prompt_ids\": [1, 2], \"chosen_ids\": [3], \"rejected_ids\": [4]}");
      }

      @Override
      void read(byte[] bytes) throws PairFormatException {
        new TrlReader(new ObjectMapper().reader(), Optional.of(PLAIN)).read(text(bytes));
      }
    },
    RATINGS {
      @Override
      byte[] whole() {
        return utf8(
            "{\"prompt\": [{\"role\": \"user\", \"content\": \"How?\"}], \"completion\":"
                + " [{\"role\": \"assistant\", \"content\": \"So\"}], \"label\": true}");
      }

      @Override
      void read(byte[] bytes) throws PairFormatException {
        new TrlRatingReader(new ObjectMapper().reader(), Optional.of(PLAIN)).read(text(bytes));
      }
    },
    CONFIG {
      @Override
      byte[] whole() throws IOException {
        return Files.readAllBytes(TINY.resolve("config.json"));
      }

      @Override
      void read(byte[] bytes) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        Path tokenizer = model.resolve("tokenizer.json");
        if (!Files.exists(tokenizer)) {
          Files.copy(TINY.resolve("tokenizer.json"), tokenizer);
        }
        Files.write(model.resolve("config.json"), bytes);
        HuggingFaceConfig.read(model);
      }
    },
    BACKUP {
      @Override
      byte[] whole() throws IOException {
        return backup(BACKUP_MANIFEST.whole());
      }

      @Override
      void read(byte[] bytes) throws IOException {
        Restore.verify(Files.write(folder.resolve("backup"), bytes));
      }
    },
    BACKUP_MANIFEST {
      @Override
      byte[] whole() {
        return utf8(
            "{\"format\": 1, \"whetstone\": \"0.2.0\", \"created_at\": \"2026-01-01T00:00:00Z\", \"schema\":"
                + " [\"1\", \"2\"], \"tables\": [{\"name\": \"audit\", \"columns\": [\"audit_id\","
                + " \"actor\"], \"rows\": 2, \"sha256\": \""
                + Sha256.of(ROWS)
                + "\"}], \"sequences\": [{\"table\": \"audit\", \"column\": \"audit_id\", \"last\": 2,"
                + " \"called\": true}]}");
      }

      @Override
      void read(byte[] bytes) throws IOException {
        Restore.verify(Files.write(folder.resolve("backup"), backup(bytes)));
      }
    },
    SCHEMA {
      @Override
      byte[] whole() {
        return utf8(
            "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"pattern\":"
                + " \"^[a-z]{1,9}(-[0-9]+)?$\"}, \"b\": {\"type\": \"array\", \"items\": {\"type\":"
                + " \"integer\", \"minimum\": 1, \"maximum\": 99}, \"maxItems\": 5}}, \"required\":"
                + " [\"a\"], \"additionalProperties\": false}");
      }

      @Override
      void read(byte[] bytes) throws IOException {
        Grammar.ofSchema(new ObjectMapper().readTree(bytes), true);
      }
    };

    abstract byte[] whole() throws IOException;

    abstract void read(byte[] bytes) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void everyDamagedFileIsReadOrRefused(Kind kind) throws Exception {
    FuzzPlan plan = FuzzPlan.of(CASES, 1.0 / Kind.values().length);
    Mutator mutator = new Mutator(new Random(plan.seed()));
    byte[] whole = kind.whole();
    kind.read(whole);
    int tried = 0;
    try (ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory())) {
      do {
        byte[] damaged = mutator.mutate(whole);
        String fault = fault(kind, damaged, thread);
        if (fault != null) {
          Path kept = Path.of("target/fuzz", kind + "-" + plan.seed() + "-" + tried);
          Files.createDirectories(kept.getParent());
          Files.write(kept, damaged);
          thread.shutdownNow();
          throw new AssertionError(
              "%s, seed %d: %s; see %s".formatted(kind, plan.seed(), fault, kept));
        }
        tried++;
      } while (plan.goesOn(tried));
    }
    assertThat(tried).as("files").isPositive();
  }

  /** What is wrong with how a file is taken; null where it is read, or refused well. */
  private static @Nullable String fault(Kind kind, byte[] bytes, ExecutorService thread)
      throws InterruptedException {
    Future<@Nullable String> reading = thread.submit(() -> readAndJudge(kind::read, bytes));
    try {
      return reading.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException hangs) {
      return "hangs";
    } catch (ExecutionException failed) {
      return String.valueOf(failed.getCause());
    }
  }

  private static @Nullable String readAndJudge(Reader reader, byte[] bytes) {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    try {
      reader.read(bytes);
    } catch (IOException
        | TemplateException
        | PairFormatException
        | ModelFormatException
        | SchemaException
        | IllegalArgumentException refused) {
      if (refused.getMessage() == null || refused.getMessage().isBlank()) {
        return "is refused without a word: " + refused;
      }
    } catch (Exception | OutOfMemoryError | StackOverflowError fault) {
      return fault + at(fault);
    }
    long allocated = memory.getCurrentThreadAllocatedBytes() - before;
    return allocated > MOST_BYTES ? "allocates %,d bytes".formatted(allocated) : null;
  }

  private static String at(Throwable fault) {
    StackTraceElement[] stack = fault.getStackTrace();
    return stack.length == 0 ? "" : " at " + stack[0];
  }

  private static byte[] backup(byte[] manifest) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.putNextEntry(new ZipEntry("manifest.json"));
      zip.write(manifest);
      zip.putNextEntry(new ZipEntry("tables/audit"));
      zip.write(ROWS);
    }
    return file.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
