package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/**
 * Reads a PEFT directory uploaded as the parts of a form. The config's {@code whetstone_base},
 * which an export fills with the base model's hash, reveals an adapter of another base model;
 * earlier exports have it as {@code revision}.
 */
final class PeftUpload implements AutoCloseable {
  /** The field of a config that has the hash of its base model. */
  static final String BASE = "whetstone_base";

  private static final int MAX_CONFIG_BYTES = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Arena arena;
  private final MemorySegment tensors;
  private final String settings;

  private PeftUpload(Arena arena, MemorySegment tensors, String settings) {
    this.arena = arena;
    this.tensors = tensors;
    this.settings = settings;
  }

  /**
   * Opens both files; that of the tensors is mapped, not read.
   *
   * @throws ProblemException 400 or 413 naming the part and what is wrong with it
   */
  static PeftUpload open(
      @Nullable FileUpload model, @Nullable FileUpload config, String baseHash, long maxBytes) {
    Path tensors = file("adapter_model", model, maxBytes);
    Path settings = file("adapter_config", config, MAX_CONFIG_BYTES);
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(tensors)) {
      String text = new String(Files.readAllBytes(settings), StandardCharsets.UTF_8);
      requireBase(text, baseHash);
      return new PeftUpload(
          arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), text);
    } catch (IOException unreadable) {
      arena.close();
      throw new IllegalStateException("the uploaded file cannot be read", unreadable);
    } catch (RuntimeException refused) {
      arena.close();
      throw refused;
    }
  }

  /**
   * Bytes that the adapter's factors will take.
   *
   * @throws ProblemException 400 when it is damaged
   */
  long size() {
    return checked(() -> PeftFiles.size(tensors));
  }

  /**
   * Reads the adapter.
   *
   * @param base the base model, whose weights may be stored beside the factors
   * @throws ProblemException 400 naming what is wrong with it
   */
  LoraAdapter read(ModelDirectory base) {
    return checked(() -> PeftFiles.read(tensors, settings, base));
  }

  private static <T> T checked(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException invalid) {
      throw refused(String.valueOf(invalid.getMessage()));
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  static ProblemException refused(String reason) {
    return ProblemException.badField("adapter_model", "invalid_adapter", reason);
  }

  private static Path file(String part, @Nullable FileUpload upload, long maxBytes) {
    if (upload == null) {
      throw ProblemException.invalidField(
          part, "the form has no file " + part + "; send multipart/form-data");
    }
    if (upload.size() > maxBytes) {
      throw ProblemException.of(
          413, "body_too_large", part + " is larger than " + maxBytes + " bytes");
    }
    return upload.uploadedFile();
  }

  private static void requireBase(String settings, String baseHash) {
    String base = base(settings);
    if (base.matches("[0-9a-f]{64}") && !base.equals(baseHash)) {
      throw ProblemException.badField(
          "adapter_config",
          "other_base",
          "the adapter was trained on base model "
              + base
              + ", but this gateway serves "
              + baseHash);
    }
  }

  // A config that is not JSON has no base; PeftFiles.read refuses it with a reason.
  private static String base(String settings) {
    try {
      JsonNode tree = JSON.readTree(settings);
      return tree == null ? "" : tree.path(BASE).asText(tree.path("revision").asText(""));
    } catch (IOException malformed) {
      return "";
    }
  }
}
