// `validatorUrl` would otherwise send the document's address to a service elsewhere.
SwaggerUIBundle({
  url: "/api/v3/schema/?format=json",
  dom_id: "#viewer",
  deepLinking: true,
  docExpansion: "none",
  tryItOutEnabled: false,
  validatorUrl: null,
});
