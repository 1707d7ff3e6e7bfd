package dev.whetstone.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** LangChain4j, as it is. */
@QuarkusTest
class LangChain4jTest extends ReadyGateway {
  private static final UserMessage ASK = UserMessage.from("How was it?");

  private static String url() {
    return "http://localhost:" + RestAssured.port + "/v1";
  }

  private static OpenAiChatModel model() {
    return OpenAiChatModel.builder()
        .baseUrl(url())
        .apiKey(RunningGateway.key("chat"))
        .modelName("champion")
        .maxTokens(60)
        .maxRetries(0)
        .strictJsonSchema(true)
        .build();
  }

  @Test
  void aChatIsAnsweredAndItsMessageComesBack() {
    AiMessage first = model().chat(ASK).aiMessage();
    ChatResponse second = model().chat(ASK, first, UserMessage.from("And?"));

    assertThat(first.text()).isNotEmpty();
    assertThat(second.tokenUsage().outputTokenCount()).isPositive();
  }

  @Test
  void aStreamEndsWithTheWholeAnswer() throws Exception {
    OpenAiStreamingChatModel model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(url())
            .apiKey(RunningGateway.key("chat"))
            .modelName("champion")
            .maxTokens(8)
            .build();
    StringBuilder pieces = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    model.chat(
        List.of(ASK),
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            pieces.append(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            whole.completeExceptionally(error);
          }
        });

    assertThat(whole.get(20, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(pieces.toString());
  }

  @Test
  void anAnswerKeepsToItsSchema() throws Exception {
    JsonObjectSchema wall =
        JsonObjectSchema.builder()
            .addEnumProperty("colour", List.of("red", "green"))
            .required("colour")
            .additionalProperties(false)
            .build();
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(JsonSchema.builder().name("wall").rootElement(wall).build())
            .build();

    String answer =
        model()
            .chat(ChatRequest.builder().messages(ASK).responseFormat(format).build())
            .aiMessage()
            .text();

    assertThat(new ObjectMapper().readTree(answer).path("colour").asText()).isIn("red", "green");
  }
}
