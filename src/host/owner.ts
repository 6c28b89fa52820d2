/** Until there are tokens, whoever reaches this process is its owner. */
export const ownerPrincipal = 'owner';
