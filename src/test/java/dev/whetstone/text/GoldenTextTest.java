package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.TestModels;
import dev.whetstone.text.template.Rendered;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the tokenizers and chat templates of both models with Transformers. */
@Tag("slow")
class GoldenTextTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  record Reference(ModelDirectory model, String file) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Reference> models() {
    return Stream.of(
        new Reference(TestModels.tiny(), "tiny-forward.json"),
        new Reference(TestModels.smollm2(), "smollm2-forward.json"));
  }

  @ParameterizedTest
  @MethodSource("models")
  void conversationsRenderAndTokenizeAsInTransformers(Reference golden) throws IOException {
    ChatTemplate template = template(golden.model());
    try (Tokenizer tokenizer = tokenizer(golden.model())) {
      for (JsonNode example : golden(golden.file())) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : example.path("messages")) {
          messages.add(
              new Message(message.path("role").asText(), message.path("content").asText()));
        }

        Rendered rendered = template.render(messages, true);

        assertThat(rendered.text()).isEqualTo(example.path("rendered").asText());
        assertThat(tokenizer.encode(rendered)).isEqualTo(ids(example.path("prompt_ids")));
        assertThat(tokenizer.encode(rendered.text(), false)).isEqualTo(tokenizer.encode(rendered));
        assertThat(tokenizer.decode(ids(example.path("greedy_ids")), true))
            .isEqualTo(example.path("greedy_text").asText());
      }
    }
  }

  @Test
  void idsAgreeWithTheReferenceTokenizer() throws IOException {
    try (Tokenizer tokenizer = tokenizer(TestModels.smollm2())) {
      for (JsonNode example : golden("smollm2-tokens.json")) {
        String text = example.path("text").asText();
        assertThat(tokenizer.encode(text, false)).as(text).isEqualTo(ids(example.path("ids")));
      }
    }
  }

  @Test
  void piecesJoinToTheWholeTextAndSplitNoCharacter() throws IOException {
    try (Tokenizer tokenizer = tokenizer(TestModels.smollm2())) {
      for (JsonNode example : golden("smollm2-tokens.json")) {
        int[] ids = ids(example.path("ids"));
        TokenDecoder decoder = tokenizer.decoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          String piece = decoder.push(id);
          assertThat(piece).doesNotContain("\uFFFD");
          text.append(piece);
        }
        text.append(decoder.finish());
        assertThat(text).hasToString(tokenizer.decode(ids, true));
      }
    }
  }

  @Test
  void aCutCharacterEndsAsReplacement() throws IOException {
    try (Tokenizer tokenizer = tokenizer(TestModels.smollm2())) {
      int[] ids = tokenizer.encode("ok \uD83E\uDD84", false);
      TokenDecoder decoder = tokenizer.decoder();
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < ids.length - 1; i++) {
        text.append(decoder.push(ids[i]));
      }
      assertThat(text.toString()).startsWith("ok").doesNotContain("\uFFFD");
      assertThat(decoder.finish()).endsWith("\uFFFD");
    }
  }

  private static Tokenizer tokenizer(ModelDirectory model) throws IOException {
    return Tokenizer.open(model.path().resolve("tokenizer.json"));
  }

  private static ChatTemplate template(ModelDirectory model) throws IOException {
    return ChatTemplate.of(
        Files.readString(model.path().resolve("chat_template.jinja")),
        Map.of("bos_token", "<|im_start|>", "eos_token", "<|im_end|>"));
  }

  private static JsonNode golden(String file) throws IOException {
    return JSON.readTree(Path.of("src/test/resources/golden", file).toFile());
  }

  private static int[] ids(JsonNode node) {
    int[] ids = new int[node.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = node.get(i).asInt();
    }
    return ids;
  }
}
