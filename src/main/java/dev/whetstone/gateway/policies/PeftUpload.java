package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/**
 * Reads a PEFT directory uploaded as the parts of a form. The config's {@code whetstone_base},
 * which an export fills with the base model's hash, reveals an adapter of another base model;
 * earlier exports have it as {@code revision}.
 */
final class PeftUpload {
  /** The field of a config that has the hash of its base model. */
  static final String BASE = "whetstone_base";

  private static final int MAX_CONFIG_BYTES = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private PeftUpload() {}

  /**
   * Reads both files.
   *
   * @throws ProblemException 400 or 413 naming the part and what is wrong with it
   */
  static LoraAdapter read(
      @Nullable FileUpload model, @Nullable FileUpload config, String baseHash, long maxBytes) {
    byte[] tensors = bytes("adapter_model", model, maxBytes);
    String settings =
        new String(bytes("adapter_config", config, MAX_CONFIG_BYTES), StandardCharsets.UTF_8);
    try {
      requireBase(settings, baseHash);
      return PeftFiles.read(tensors, settings);
    } catch (IllegalArgumentException invalid) {
      throw refused(String.valueOf(invalid.getMessage()));
    }
  }

  static ProblemException refused(String reason) {
    return ProblemException.badField("adapter_model", "invalid_adapter", reason);
  }

  private static byte[] bytes(String part, @Nullable FileUpload upload, long maxBytes) {
    if (upload == null) {
      throw ProblemException.invalidField(
          part, "the form has no file " + part + "; send multipart/form-data");
    }
    if (upload.size() > maxBytes) {
      throw ProblemException.of(
          413, "body_too_large", part + " is larger than " + maxBytes + " bytes");
    }
    try {
      return Files.readAllBytes(upload.uploadedFile());
    } catch (IOException unreadable) {
      throw new IllegalStateException("the uploaded file cannot be read", unreadable);
    }
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
