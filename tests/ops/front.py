"""What stands before the endpoint in a large house: nginx with a certificate of its own, which knows the client by its own secrets. Here it
lets the test renew certificate, authority and secret while publications pass, as the endpoint's operators do.

  front = Front(spaces, folder, "192.0.2.30", port=7182, behind=7282)   # folder/one.pem, two.pem: its authorities
  front.set(authority="two", secrets=["paceline-secret", "new-secret"])
"""
import base64
import subprocess

CONF = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; worker_processes 1; user root;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; client_max_body_size 64m;
  fastcgi_temp_path {folder}/x1; uwsgi_temp_path {folder}/x2; scgi_temp_path {folder}/x3;
  map $http_authorization $client {{ default "nobody"; ~^Bearer $http_authorization; {secrets} }}
  server {{
    listen {address}:{port} ssl;
    ssl_certificate {folder}/{authority}-server.pem; ssl_certificate_key {folder}/{authority}-server.key;
    location / {{
      proxy_pass https://{address}:{behind}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization $client;
    }}
  }}
}}
"""
KNOWN_BEHIND = "paceline-secret"


class Front:
    def __init__(self, spaces, folder, address, port, behind):
        self.spaces, self.folder = spaces, folder
        self.values = {"folder": folder, "address": address, "port": port, "behind": behind}
        folder.mkdir(exist_ok=True)
        for authority in ("one", "two"):
            self.certify(authority, address)
        self.write("one", [KNOWN_BEHIND])
        self.process = spaces.start("x", ["/usr/sbin/nginx", "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf"], folder / "nginx.log")

    def certify(self, name, address):
        script = f"""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Authority {name}' -keyout {name}.key -out {name}.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={address} -keyout {name}-server.key -out {name}.csr
printf 'subjectAltName=IP:{address}\\n' > {name}.ext
openssl x509 -req -in {name}.csr -CA {name}.pem -CAkey {name}.key -CAcreateserial -days 30 -extfile {name}.ext -out {name}-server.pem
"""
        subprocess.run(["sh", "-ec", script], cwd=self.folder, check=True, capture_output=True)

    def write(self, authority, secrets):
        def basic(secret):
            return "Basic " + base64.b64encode(f"paceline:{secret}".encode()).decode()
        known = " ".join(f'"{basic(secret)}" "{basic(KNOWN_BEHIND)}";' for secret in secrets)
        (self.folder / "nginx.conf").write_text(CONF.format(authority=authority, secrets=known, **self.values))

    def set(self, authority, secrets):
        """From now on, for new connections, and without one lost."""
        self.write(authority, secrets)
        self.spaces.run("x", "nginx", "-e", self.folder / "nginx-error.log", "-c", self.folder / "nginx.conf", "-s", "reload")
