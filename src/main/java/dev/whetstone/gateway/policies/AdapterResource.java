package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.whetstone.gateway.http.ExportLimit;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
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
  private final AdapterService adapters;
  private final SecurityIdentity identity;
  private final ExportLimit exports;

  @Inject
  AdapterResource(AdapterService adapters, SecurityIdentity identity, ExportLimit exports) {
    this.adapters = adapters;
    this.identity = identity;
    this.exports = exports;
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
    AdapterService.Imported imported =
        adapters.importAdapter(model, settings, parent, identity.getPrincipal().getName());
    return Response.status(imported.registration().created() ? 201 : 200)
        .entity(PolicyView.of(imported.registration().row(), imported.aliases()))
        .build();
  }

  @GET
  @Path("{version}/adapter")
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  @RunOnVirtualThread
  @Operation(summary = "Downloads adapter_model.safetensors, in PEFT's format")
  public Response adapter(@PathParam("version") String version, @Context RoutingContext http) {
    return exports.respond(() -> response(adapters.tensors(version)), http);
  }

  @GET
  @Path("{version}/adapter/config")
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Downloads adapter_config.json, with the base model's path and hash")
  public Response adapterConfig(@PathParam("version") String version)
      throws JsonProcessingException {
    return response(adapters.settings(version));
  }

  @GET
  @Path("{version}/adapter/gguf")
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  @RunOnVirtualThread
  @Operation(
      summary = "Downloads the adapter as GGUF, for llama.cpp's --lora",
      description = "400 for models that GGUF stores with fused matrices, such as Phi-3.")
  public Response gguf(@PathParam("version") String version, @Context RoutingContext http) {
    return exports.respond(() -> response(adapters.gguf(version)), http);
  }

  @GET
  @Path("{version}/onnx")
  @Produces("application/zip")
  @RunOnVirtualThread
  @Operation(
      summary = "Downloads the version as an ONNX model with the adapter merged in",
      description = "A zip of model.onnx and its external data; any ONNX Runtime can load it.")
  public Response onnx(@PathParam("version") String version, @Context RoutingContext http) {
    return exports.respond(() -> response(adapters.merged(version)), http);
  }

  private static Response response(AdapterService.Download file) {
    return Response.ok(file.content())
        .header("Content-Disposition", "attachment; filename=\"" + file.name() + "\"")
        .build();
  }
}
