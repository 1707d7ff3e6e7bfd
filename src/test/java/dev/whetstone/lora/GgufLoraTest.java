package dev.whetstone.lora;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.weights.DecoderDesign;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.SmallModels;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters as llama.cpp reads them. */
class GgufLoraTest {
  @TempDir private Path folder;

  @Test
  void anAdapterHasTheNamesAndShapesOfGguf() throws Exception {
    ModelConfig config = SmallModels.withOwnHead("qwen2");
    LoraAdapter adapter = Adapters.of(config, 4, 1);

    try (GgufFile file = written(adapter, config)) {
      assertThat(file.text("general.architecture")).contains("qwen2");
      assertThat(file.text("general.type")).contains("adapter");
      assertThat(file.text("adapter.type")).contains("lora");
      assertThat(file.number("adapter.lora.alpha").map(Number::doubleValue)).contains(8.0);
      assertThat(file.names())
          .containsExactlyInAnyOrder(
              "blk.0.attn_q.weight.lora_a",
              "blk.0.attn_q.weight.lora_b",
              "blk.0.ffn_down.weight.lora_a",
              "blk.0.ffn_down.weight.lora_b",
              "blk.1.attn_q.weight.lora_a",
              "blk.1.attn_q.weight.lora_b",
              "blk.1.ffn_down.weight.lora_a",
              "blk.1.ffn_down.weight.lora_b");
      LoraAdapter.Module module =
          requireNonNull(adapter.modules().get("model.layers.1.mlp.down_proj"));
      assertThat(file.shape("blk.1.ffn_down.weight.lora_a")).containsExactly(4, 96);
      assertThat(file.read("blk.1.ffn_down.weight.lora_a")).isEqualTo(module.a());
      assertThat(file.shape("blk.1.ffn_down.weight.lora_b")).containsExactly(64, 4);
      assertThat(file.read("blk.1.ffn_down.weight.lora_b")).isEqualTo(module.b());
    }
  }

  /** ggml has the rotary pairs of Llama's q side by side: rows 0, 8, 1, 9 and so on of a head. */
  @Test
  void theRowsOfLlamasQueriesAreInGgmlsOrder() throws Exception {
    ModelConfig config = SmallModels.llama();
    LoraAdapter adapter = Adapters.of(config, 1, 1);
    float[] b = requireNonNull(adapter.modules().get("model.layers.0.self_attn.q_proj")).b();

    try (GgufFile file = written(adapter, config)) {
      float[] stored = file.read("blk.0.attn_q.weight.lora_b");
      for (int head = 0; head < 4; head++) {
        for (int i = 0; i < 8; i++) {
          assertThat(stored[head * 16 + 2 * i]).isEqualTo(b[head * 16 + i]);
          assertThat(stored[head * 16 + 2 * i + 1]).isEqualTo(b[head * 16 + 8 + i]);
        }
      }
    }
  }

  @Test
  void fusedMatricesHaveNoPlaceForAnAdapter() {
    ModelConfig plain = SmallModels.llama();
    ModelConfig fused =
        new ModelConfig(
            "phi3",
            plain.hiddenSize(),
            plain.intermediateSize(),
            plain.layers(),
            plain.heads(),
            plain.kvHeads(),
            plain.headDim(),
            plain.vocabularySize(),
            plain.contextLength(),
            plain.rmsNormEpsilon(),
            plain.ropeTheta(),
            null,
            false,
            false,
            1,
            plain.eosIds(),
            fused());

    assertThatThrownBy(() -> written(Adapters.of(fused, 2, 1), fused)).hasMessageContaining("phi3");
  }

  private static DecoderDesign fused() {
    DecoderDesign plain = DecoderDesign.PLAIN;
    return new DecoderDesign(
        plain.norms(),
        plain.normOffset(),
        plain.queryKeyNorm(),
        plain.activation(),
        plain.attentionScale(),
        plain.attentionCap(),
        plain.logitCap(),
        plain.embeddingMultiplier(),
        plain.residualMultiplier(),
        plain.logitMultiplier(),
        plain.layers(),
        true,
        plain.experts());
  }

  private GgufFile written(LoraAdapter adapter, ModelConfig config) throws IOException {
    Path path = folder.resolve("adapter.gguf");
    try (OutputStream out = Files.newOutputStream(path)) {
      GgufLora.write(adapter, config, out);
    }
    return GgufFile.open(path);
  }
}
