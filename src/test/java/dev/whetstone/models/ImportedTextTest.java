package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.onnx.Precision;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an import makes of a model's templates and of the tokens that end a turn. */
class ImportedTextTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Message> QUESTION = List.of(new Message("user", "hi"));

  @TempDir Path home;
  private Path source;

  @BeforeEach
  void copyTheTinyModel() throws IOException {
    source = Files.createDirectory(home.resolve("source"));
    for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(Path.of("models/tiny-reviews").resolve(name), source.resolve(name));
    }
  }

  @Test
  void namedTemplatesOfTokenizerConfigAreKept() throws IOException {
    ObjectNode config = JSON.createObjectNode();
    var list = config.putArray("chat_template");
    list.addObject().put("name", "default").put("template", "plain {{ messages[0].content }}");
    list.addObject().put("name", "tool_use").put("template", "tools {{ tools | length }}");
    Files.writeString(source.resolve("tokenizer_config.json"), config.toString());

    ChatTemplate template = template(imported());

    assertThat(template.render(QUESTION, false).text()).isEqualTo("plain hi");
    assertThat(
            template
                .render(
                    Conversation.of(QUESTION, Conversation.End.MESSAGE)
                        .withTools(List.of("a", "b")))
                .text())
        .isEqualTo("tools 2");
  }

  @Test
  void additionalTemplatesAreKeptAndChecked() throws IOException {
    Files.writeString(source.resolve("chat_template.jinja"), "new");
    Path folder = Files.createDirectory(source.resolve("additional_chat_templates"));
    Files.writeString(folder.resolve("rag.jinja"), "{{ documents[0] }}");
    Files.writeString(
        source.resolve("tokenizer_config.json"),
        JSON.createObjectNode().put("chat_template", "old").toString());

    ModelDirectory model = imported();

    ChatTemplate template = template(model);
    assertThat(template.render(QUESTION, false).text()).isEqualTo("new");
    Conversation rag = Conversation.of(QUESTION, Conversation.End.MESSAGE).withTemplate("rag");
    assertThat(template.render(rag.withDocuments(List.of("a text"))).text()).isEqualTo("a text");
    assertThatThrownBy(() -> template.render(rag.withTemplate("other")))
        .isInstanceOf(TemplateException.class);
    assertThat(JSON.readTree(model.path().resolve("manifest.json").toFile()).path("files"))
        .anySatisfy(hash -> assertThat(hash.asText()).hasSize(64));
    assertThat(ModelIntegrity.checkHashes(model.path())).isEmpty();
    Files.writeString(
        model.path().resolve("additional_chat_templates").resolve("rag.jinja"), "changed");
    assertThat(ModelIntegrity.checkHashes(model.path())).isPresent();
  }

  @Test
  void theTemplatesEndOfTurnEndsACompletion() throws IOException {
    writeEnds(0, "<|endoftext|>");
    Files.copy(
        Path.of("models/tiny-reviews/chat_template.jinja"), source.resolve("chat_template.jinja"));

    ModelDirectory model = imported();

    assertThat(model.config().endOfTurn()).isEqualTo(2);
    assertThat(model.config().eosIds()).containsExactly(2, 0);
  }

  @Test
  void aTokenizersEndIsFoundInTokenizerJson() throws IOException {
    writeEnds(0, "<|im_end|>");
    Files.writeString(source.resolve("chat_template.jinja"), "{{ messages[0].content }} {");

    ModelDirectory model = imported();

    assertThat(model.config().eosIds()).containsExactly(2, 0);
  }

  @Test
  void aCheckSaysWhatAModelHoldsAndWhatLooksWrong() throws IOException {
    Files.writeString(source.resolve("chat_template.jinja"), "{{ messages[0].content }}");

    Files.writeString(source.resolve("README.md"), "---\nlicense: apache-2.0\n---\n# A model\n");

    ModelReport report = ModelReport.check(source);

    assertThat(report.facts())
        .anyMatch(fact -> fact.startsWith("architecture: llama"))
        .contains("memory of the import: about 1.0 GB")
        .anyMatch(fact -> fact.startsWith("tokenizer: BPE of 512"))
        .anyMatch(fact -> fact.contains("'<|im_end|>'"))
        .contains("chat templates: default", "licence: apache-2.0");
    assertThat(report.warnings())
        .containsExactly("the chat template puts no token behind an assistant's turn");
    assertThat(home.resolve("models")).doesNotExist();
  }

  /** Writes the ends that the model's and the tokenizer's settings name. */
  private void writeEnds(int id, String token) throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(source.resolve("config.json").toFile());
    Files.writeString(source.resolve("config.json"), config.put("eos_token_id", id).toString());
    Files.writeString(
        source.resolve("tokenizer_config.json"),
        JSON.createObjectNode().put("eos_token", token).toString());
  }

  private ModelDirectory imported() throws IOException {
    ModelStore store = new ModelStore(home, ModelCatalogue.open(Path.of("models")), line -> {});
    return store.resolve(source.toString(), Precision.FP32);
  }

  private static ChatTemplate template(ModelDirectory model) throws IOException {
    return ModelOpener.chatTemplate(model.path()).orElseThrow();
  }
}
