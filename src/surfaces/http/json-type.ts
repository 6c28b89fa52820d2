/** Whether a content type, when there is one, is that of JSON. */
export const isJsonType = (contentType: string | undefined): boolean =>
  contentType === undefined ||
  contentType === 'application/json' ||
  /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i.test(contentType);
