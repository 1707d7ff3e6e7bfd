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
 * A PEFT directory as the parts of a form. The config's {@code revision}, which an export fills
 * with the base's hash, tells adapters of another base.
 */
final class PeftUpload {
  private static final int LARGEST_CONFIG = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private PeftUpload() {}

  /**
   * Reads both files.
   *
   * @throws ProblemException 400 or 413 naming the part and what is wrong with it
   */
  static LoraAdapter read(
      @Nullable FileUpload model, @Nullable FileUpload config, String baseHash, long largest) {
    byte[] tensors = bytes("adapter_model", model, largest);
    String settings =
        new String(bytes("adapter_config", config, LARGEST_CONFIG), StandardCharsets.UTF_8);
    try {
      requireBase(settings, baseHash);
      return PeftFiles.read(tensors, settings);
    } catch (IllegalArgumentException unsound) {
      throw refused(String.valueOf(unsound.getMessage()));
    }
  }

  static ProblemException refused(String reason) {
    return ProblemException.badField("adapter_model", "invalid_adapter", reason);
  }

  private static byte[] bytes(String part, @Nullable FileUpload upload, long largest) {
    if (upload == null) {
      throw ProblemException.badField(
          part, "invalid_field", "the form has no file " + part + "; send multipart/form-data");
    }
    if (upload.size() > largest) {
      throw ProblemException.of(
          413, "body_too_large", part + " is larger than " + largest + " bytes");
    }
    try {
      return Files.readAllBytes(upload.uploadedFile());
    } catch (IOException gone) {
      throw new IllegalStateException("the upload cannot be read", gone);
    }
  }

  private static void requireBase(String settings, String baseHash) {
    String made = revision(settings);
    if (made.matches("[0-9a-f]{64}") && !made.equals(baseHash)) {
      throw ProblemException.badField(
          "adapter_config",
          "other_base",
          "the adapter was made for the base " + made + ", and " + baseHash + " is served here");
    }
  }

  // a config that is no JSON is refused, with its reason, where it is read for good
  private static String revision(String settings) {
    try {
      JsonNode tree = JSON.readTree(settings);
      return tree == null ? "" : tree.path("revision").asText("");
    } catch (IOException malformed) {
      return "";
    }
  }
}
