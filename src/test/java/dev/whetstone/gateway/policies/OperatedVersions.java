package dev.whetstone.gateway.policies;

import static io.restassured.RestAssured.given;

import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.OwnHome;
import dev.whetstone.testing.TestModels;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Versions of a gateway with {@link OwnHome}, as its operator imports and moves them. */
public final class OperatedVersions {
  private OperatedVersions() {}

  /** A random adapter of the tiny model. */
  public static LoraAdapter adapter(long seed) throws IOException {
    return Adapters.of(TestModels.tiny().config(), 4, seed);
  }

  /** Imports an adapter of the tiny model and returns its version. */
  public static String imported(long seed) throws IOException {
    LoraAdapter adapter = adapter(seed);
    return importing(PeftFiles.tensors(adapter), PeftFiles.config(adapter, "tiny"))
        .extract()
        .path("version");
  }

  /** Sends an adapter as the files of PEFT. */
  public static ValidatableResponse importing(byte[] tensors, String config) {
    return form(tensors, config).post("/policies").then();
  }

  /** As above, with the version that it was trained from. */
  public static ValidatableResponse importing(byte[] tensors, String config, String parent) {
    return form(tensors, config).multiPart("parent", parent).post("/policies").then();
  }

  private static RequestSpecification form(byte[] tensors, String config) {
    return asOperator()
        .multiPart("adapter_model", "adapter_model.safetensors", tensors)
        .multiPart(
            "adapter_config", "adapter_config.json", config.getBytes(StandardCharsets.UTF_8));
  }

  public static ValidatableResponse promote(String version) {
    return asOperator().post("/policies/" + version + "/promote").then();
  }

  /** Rolls back to a version; null goes to the one before. */
  public static ValidatableResponse rollBack(@Nullable String to) {
    String target = to == null ? "" : "\"to\": \"" + to + "\", ";
    return asOperator()
        .contentType("application/json")
        .body("{" + target + "\"reason\": \"a test\"}")
        .post("/rollback")
        .then();
  }

  public static RequestSpecification asOperator() {
    return given().header("Authorization", "Bearer " + OwnHome.key("operator"));
  }
}
