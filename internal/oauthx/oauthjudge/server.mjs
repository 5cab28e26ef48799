// Starts oidc-provider on a free loopback port and prints one line of JSON with
// its issuer. Its packages lie in the directory SMMKIT_OIDC_PROVIDER; the keys of
// the client that proves itself by private_key_jwt come in JUDGE_JWKS. It stops
// when its standard input ends, so that it never outlives the test.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.SMMKIT_OIDC_PROVIDER, 'package.json'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const redirect = 'https://host.example/callback';
const client = (client_id, more) => ({
  client_id,
  redirect_uris: [redirect],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid profile email',
  ...more,
});

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      client('public', { token_endpoint_auth_method: 'none' }),
      client('other', { token_endpoint_auth_method: 'none' }),
      client('basic: one', {
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: 's3cret:with%and+plus',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      }),
      client('post', { token_endpoint_auth_method: 'client_secret_post', client_secret: 's3cret:with%and+plus' }),
      client('bound', {
        token_endpoint_auth_method: 'none',
        dpop_bound_access_tokens: true,
        require_pushed_authorization_requests: true,
      }),
      client('signing', {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: JSON.parse(process.env.JUDGE_JWKS),
        dpop_bound_access_tokens: true,
        require_pushed_authorization_requests: true,
      }),
    ],
    scopes: ['openid', 'profile', 'email'],
    claims: { openid: ['sub'], email: ['email'] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    pkce: { required: () => true },
    // What the server may do of its own accord; the rest of it is as it comes.
    rotateRefreshToken: true,
    issueRefreshToken: async (ctx, c) => c.grantTypeAllowed('refresh_token'),
    ttl: {
      AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, RefreshToken: 86400,
      Grant: 86400, IdToken: 600, Interaction: 600, Session: 86400,
    },
    features: {
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
