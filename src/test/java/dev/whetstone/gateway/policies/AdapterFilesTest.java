package dev.whetstone.gateway.policies;

import static dev.whetstone.gateway.policies.OperatedVersions.adapter;
import static dev.whetstone.gateway.policies.OperatedVersions.asOperator;
import static dev.whetstone.gateway.policies.OperatedVersions.imported;
import static dev.whetstone.gateway.policies.OperatedVersions.importing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.OwnHome;
import dev.whetstone.testing.PlainOnnx;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of adapters and models: what is taken, what is refused, what is given. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class AdapterFilesTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void unsoundAdaptersAreRefusedWithTheReason() throws IOException {
    LoraAdapter adapter = adapter(2);
    byte[] good = PeftFiles.tensors(adapter);
    String config = PeftFiles.config(adapter, "tiny");
    byte[] notANumber = good.clone();
    Arrays.fill(notANumber, good.length - 4, good.length, (byte) 0xff);

    refused(notANumber, config, "invalid_adapter", "NaN");
    byte[] huge = PeftFiles.tensors(adapter);
    ByteBuffer.wrap(huge).order(ByteOrder.LITTLE_ENDIAN).putFloat(huge.length - 4, 1e38f);
    refused(huge, config, "invalid_adapter", "lora_B holds 1.0E38 at element");
    refused(
        good,
        config.replace("\"lora_alpha\" : 8.0", "\"lora_alpha\" : 1e300"),
        "invalid_adapter",
        "alpha 1.0E300");
    refused(Arrays.copyOf(good, good.length / 2), config, "invalid_adapter", "truncated");
    refused(good, config.replace("\"r\" : 4", "\"r\" : 8"), "invalid_adapter", "rank 8");
    refused(good, "{", "invalid_adapter", "not JSON");
    LoraAdapter foreign = Adapters.tiny(1);
    refused(
        PeftFiles.tensors(foreign),
        PeftFiles.config(foreign, "other"),
        "invalid_adapter",
        "maps 4 to 4 values");
    String otherBase = config.replaceFirst("\\{", "{\"revision\": \"" + "0".repeat(64) + "\",");
    refused(good, otherBase, "other_base", "0000");
    asOperator()
        .multiPart("adapter_config", "adapter_config.json", config.getBytes(StandardCharsets.UTF_8))
        .post("/policies")
        .then()
        .statusCode(400)
        .body("field", equalTo("adapter_model"));
  }

  @Test
  void theParentOfAnImportIsNamed() throws IOException {
    String parent = imported(9);
    String hash = asOperator().get("/policies/" + parent).path("hash");
    LoraAdapter child = adapter(10);
    for (String name : new String[] {"v999", "\0"}) {
      importing(PeftFiles.tensors(child), PeftFiles.config(child, "tiny"), name)
          .statusCode(404)
          .body("code", equalTo("unknown_policy"));
    }
    importing(PeftFiles.tensors(child), PeftFiles.config(child, "tiny"), hash)
        .statusCode(201)
        .body("parent", equalTo(parent));
  }

  @Test
  void theExportedModelComputesTheSameElsewhere(@TempDir Path folder) throws Exception {
    for (String version : new String[] {"v0", imported(8)}) {
      Path model = Files.createDirectories(folder.resolve(version));
      PlainOnnx.unzip(asOperator().get("/policies/" + version + "/onnx").asByteArray(), model);
      JsonNode score =
          JSON.readTree(
              asOperator()
                  .contentType("application/json")
                  .body(
                      "{\"prompt_ids\": [5, 6, 7], \"completion_ids\": [8, 9, 10, 11], \"policy\": \""
                          + version
                          + "\"}")
                  .post("/score")
                  .asString());
      float[][] logits =
          PlainOnnx.logits(
              model.resolve("model.onnx"),
              new long[] {5, 6, 7, 8, 9, 10, 11},
              new long[] {2, 3, 4, 5});
      for (int i = 0; i < logits.length; i++) {
        // POST /score uses the prefill graph, whose blocks are float32.
        assertThat(logSoftmax(logits[i], 8 + i))
            .as("%s token %d", version, i)
            .isCloseTo(score.path("logps").get(i).asDouble(), offset(0.3));
      }
    }
  }

  private static double logSoftmax(float[] logits, int id) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return logits[id] - Math.log(sum);
  }

  private static void refused(byte[] tensors, String config, String code, String reason) {
    importing(tensors, config)
        .statusCode(400)
        .body("code", equalTo(code))
        .body("detail", containsString(reason));
  }
}
