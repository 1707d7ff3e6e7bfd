package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.onnx.MergedModel;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.policy.Provenance;
import dev.whetstone.security.Role;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/** Imports and exports adapters as PEFT files; exports a version as a merged ONNX model. */
@Path("/policies")
@RolesAllowed(Role.OPERATOR_ROLE)
public class AdapterResource {
  private final GatewayState serving;
  private final ServingConfig config;
  private final ObjectMapper mapper;
  private final SecurityIdentity identity;

  @Inject
  AdapterResource(
      GatewayState serving, ServingConfig config, ObjectMapper mapper, SecurityIdentity identity) {
    this.serving = serving;
    this.config = config;
    this.mapper = mapper;
    this.identity = identity;
  }

  @POST
  @Consumes(MediaType.MULTIPART_FORM_DATA)
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Imports a PEFT adapter",
      description =
          "The form has the files adapter_model (adapter_model.safetensors) and adapter_config"
              + " (adapter_config.json); parent names the version that training started from. If a"
              + " version has the same content, the response is 200 with that version.")
  @APIResponse(
      responseCode = "201",
      description = "The version is stored",
      content = @Content(schema = @Schema(implementation = PolicyView.class)))
  @APIResponse(
      responseCode = "200",
      description = "A version with the same content exists already",
      content = @Content(schema = @Schema(implementation = PolicyView.class)))
  public Response importAdapter(
      @RestForm("adapter_model") @Nullable FileUpload model,
      @RestForm("adapter_config") @Nullable FileUpload settings,
      @RestForm("parent") @Nullable String parent) {
    PolicyRouter policies = serving.model().policies();
    PolicyStore store = policies.store();
    LoraAdapter adapter =
        PeftUpload.read(
            model, settings, policies.base().hash(), config.maxAdapterSize().asLongValue());
    try {
      policies.validate(new Policy("the adapter", PeftFiles.hash(adapter), adapter));
    } catch (PolicyException.Refused refused) {
      throw PeftUpload.refused(String.valueOf(refused.getMessage()));
    }
    ChangeContext by = new ChangeContext(identity.getPrincipal().getName(), "import");
    Provenance provenance = new Provenance(parent, null, null);
    PolicyStore.Registration registered =
        store.register(adapter, provenance, PolicyStatus.READY, by);
    var aliases = store.database().statement(policies.aliases()::read);
    return Response.status(registered.created() ? 201 : 200)
        .entity(PolicyView.of(registered.row(), aliases))
        .build();
  }

  @GET
  @Path("{version}/adapter")
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  @RunOnVirtualThread
  @Operation(summary = "Downloads adapter_model.safetensors, in PEFT's format")
  public Response adapter(@PathParam("version") String version) {
    return file("adapter_model.safetensors", PeftFiles.tensors(adapterOf(version)));
  }

  @GET
  @Path("{version}/adapter/config")
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Downloads adapter_config.json, with the base model's path and hash")
  public Response adapterConfig(@PathParam("version") String version)
      throws JsonProcessingException {
    ServedModel model = serving.model();
    // A path, for PEFT's AutoPeftModelForCausalLM to find the base by it.
    String folder = String.valueOf(model.graph().toAbsolutePath().getParent());
    ObjectNode settings =
        (ObjectNode) mapper.readTree(PeftFiles.config(adapterOf(version), folder));
    settings.putNull("revision");
    settings.put(PeftUpload.BASE, model.base().hash());
    return file("adapter_config.json", settings.toPrettyString() + "\n");
  }

  @GET
  @Path("{version}/onnx")
  @Produces("application/zip")
  @RunOnVirtualThread
  @Operation(
      summary = "Downloads the version as an ONNX model with the adapter merged in",
      description = "A zip of model.onnx and its external data; any ONNX Runtime can load it.")
  public Response onnx(@PathParam("version") String version) {
    ServedModel model = serving.model();
    Policy policy = model.policy(version);
    MergedModel merged = new MergedModel(model.graph(), model.adapterInputs().apply(policy));
    StreamingOutput body = merged::writeZip;
    return file(policy.version() + ".zip", body);
  }

  private LoraAdapter adapterOf(String name) {
    Policy policy = serving.model().policy(name);
    if (policy.adapter() == null) {
      throw ProblemException.of(
          404, "no_adapter", policy.version() + " is the base model and has no adapter");
    }
    return policy.adapter();
  }

  private static Response file(String name, Object content) {
    return Response.ok(content)
        .header("Content-Disposition", "attachment; filename=\"" + name + "\"")
        .build();
  }
}
